import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { describeIssue } from '@achilles/mcp-contract'
import type { Command } from 'commander'
import { ApiKeyEntry, formatApiKeyIssues, readApiKeysFile, writeApiKeysFile } from '../auth/api-keys-file.ts'
import { ConfigError, unknownSettings } from '../config.ts'
import { readEnvFile } from '../settings/environment.ts'

interface KeysOptions {
  envFile?: string
}

/**
 * Creates a key and prints it.
 * @param command reports an invalid name or workspace as wrong usage
 */
export async function addKey(
  name: string,
  { workspace, ...options }: KeysOptions & { workspace?: string[] },
  command: Command,
): Promise<void> {
  const key = `ach_${randomBytes(32).toString('base64url')}`
  const sha256 = createHash('sha256').update(key).digest('hex')
  const entry = ApiKeyEntry.safeParse(
    { name, sha256, ...(workspace && { workspaces: workspace }) },
    { error: describeIssue },
  )
  if (!entry.success) return command.error(`error: ${formatApiKeyIssues(entry.error)}`)

  const path = keysFile(options)
  const entries = existsSync(path) ? await readApiKeysFile(path) : []
  if (entries.some((known) => known.name === name)) throw new Error(`${path}: already has a key named ${name}`)
  await writeApiKeysFile(path, [...entries, entry.data])
  process.stderr.write(`The key of ${name}, shown only once; ${path} stores only its hash:\n`)
  process.stdout.write(`${key}\n`)
}

/** Prints each key's name and workspaces. */
export async function listKeys(options: KeysOptions): Promise<void> {
  for (const { name, workspaces } of await readApiKeysFile(keysFile(options))) {
    process.stdout.write(`${name}\t${workspaces?.join(', ') ?? 'all workspaces'}\n`)
  }
}

/** @throws Error if there is no key of this name */
export async function removeKey(name: string, options: KeysOptions): Promise<void> {
  const path = keysFile(options)
  const entries = await readApiKeysFile(path)
  const left = entries.filter((known) => known.name !== name)
  if (left.length === entries.length) throw new Error(`${path}: has no key named ${name}`)
  await writeApiKeysFile(path, left)
  process.stderr.write(`The key of ${name} was removed\n`)
}

function keysFile({ envFile }: KeysOptions): string {
  readEnvFile(process.env, { named: envFile, fallback: '.env' })
  const unknown = unknownSettings(process.env)
  if (unknown.length > 0) throw new ConfigError(unknown.join('\n'))
  const path = process.env.GATEWAY_API_KEYS_FILE
  if (!path) throw new Error('GATEWAY_API_KEYS_FILE: is required: the file with the API keys')
  return path
}
