import { readdirSync, readFileSync } from 'node:fs'
import type { JsonObject } from '@achilles/mcp-contract'
import type { LogRecord, Span } from '../src/agent-source.ts'
import { type LogsBody, readLogs, readSpans, type TracesBody } from './read-otlp.ts'

/** What a source reads. */
export interface Fixture {
  name: string
  /** The agent and version that it was captured from, or the documentation that it was written from. */
  origin: string
  hooks: JsonObject[]
  logs: LogRecord[]
  spans: Span[]
}

const FOLDER = new URL('fixtures/', import.meta.url)

export function readFixtures(): Fixture[] {
  return readdirSync(FOLDER).map((file) => readFixture(file.replace(/\.json$/, '')))
}

export function readFixture(name: string): Fixture {
  const { origin, hooks, logs, traces }: FixtureFile = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'))
  return {
    name,
    origin,
    hooks: hooks ?? [],
    logs: logs ? readLogs(logs) : [],
    spans: traces ? readSpans(traces) : [],
  }
}

interface FixtureFile {
  origin: string
  hooks?: JsonObject[]
  logs?: LogsBody
  traces?: TracesBody
}
