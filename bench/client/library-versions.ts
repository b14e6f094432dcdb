import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const LIBRARIES = [
  '@achilles/mcp-client',
  'posthog-node',
  '@opentelemetry/sdk-logs',
  '@opentelemetry/exporter-logs-otlp-http',
]

const { resolve } = createRequire(import.meta.url)

/** The installed versions by library. Read from disk, since not every library exports its package.json. */
export const libraryVersions = (): Record<string, string> =>
  Object.fromEntries(LIBRARIES.map((name) => [name, getVersion(name)]))

function getVersion(name: string): string {
  const paths = (resolve.paths(name) ?? []).map((dir) => join(dir, name, 'package.json'))
  const path = paths.find((path) => existsSync(path))
  if (!path) throw new Error(`${name} is not installed`)
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
