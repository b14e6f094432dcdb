import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ApiKeyEntry, formatApiKeyIssues, readApiKeysFile, writeApiKeysFile } from '../auth/api-keys-file.ts'
import { ConfigError, unknownSettings } from '../config.ts'
import { readEnvFile } from '../settings/environment.ts'

const USAGE = `usage: npm run keys -- add NAME [--workspace ID]...   create a key, for all workspaces or for those named
       npm run keys -- list                           list the keys and their workspaces
       npm run keys -- remove NAME                    delete a key

GATEWAY_API_KEYS_FILE is the path of the keys file, set in the environment, in .env or in --env-file PATH. A running gateway picks up changes within seconds.`

class UsageError extends Error {}

try {
  await run(process.argv.slice(2))
} catch (error) {
  const wrongUse = error instanceof UsageError
  process.stderr.write(`${(error as Error).message}\n${wrongUse ? `\n${USAGE}\n` : ''}`)
  process.exitCode = wrongUse ? 2 : 1
}

async function run(args: string[]): Promise<void> {
  const { workspaces, envFile, positionals } = parse(args)
  readEnvFile(process.env, { named: envFile, fallback: '.env' })
  const [command, name, ...rest] = positionals
  if (command !== 'add' && workspaces) throw new UsageError('--workspace is only valid with add')
  if (rest.length > 0) throw new UsageError(`too many arguments for ${command}`)
  if (command === 'add' && name !== undefined) return add(name, workspaces)
  if (command === 'remove' && name !== undefined) return remove(name)
  if (command === 'list' && name === undefined) return list()
  throw new UsageError('expected a command: add NAME, list or remove NAME')
}

function parse(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { workspace: { type: 'string', multiple: true }, 'env-file': { type: 'string' } },
    })
    return { workspaces: values.workspace, envFile: values['env-file'], positionals }
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

async function add(name: string, workspaces: string[] | undefined): Promise<void> {
  const key = `ach_${randomBytes(32).toString('base64url')}`
  const sha256 = createHash('sha256').update(key).digest('hex')
  const entry = ApiKeyEntry.safeParse({ name, sha256, ...(workspaces && { workspaces }) })
  if (!entry.success) throw new UsageError(formatApiKeyIssues(entry.error))

  const path = keysFile()
  const entries = existsSync(path) ? await readApiKeysFile(path) : []
  if (entries.some((known) => known.name === name)) throw new Error(`${path}: already has a key named ${name}`)
  await writeApiKeysFile(path, [...entries, entry.data])
  process.stderr.write(`The key of ${name}, shown only once; ${path} stores only its hash:\n`)
  process.stdout.write(`${key}\n`)
}

async function list(): Promise<void> {
  for (const { name, workspaces } of await readApiKeysFile(keysFile())) {
    process.stdout.write(`${name}\t${workspaces?.join(', ') ?? 'all workspaces'}\n`)
  }
}

async function remove(name: string): Promise<void> {
  const path = keysFile()
  const entries = await readApiKeysFile(path)
  const left = entries.filter((known) => known.name !== name)
  if (left.length === entries.length) throw new Error(`${path}: has no key named ${name}`)
  await writeApiKeysFile(path, left)
  process.stderr.write(`The key of ${name} was removed\n`)
}

function keysFile(): string {
  const unknown = unknownSettings(process.env)
  if (unknown.length > 0) throw new ConfigError(unknown.join('\n'))
  const path = process.env.GATEWAY_API_KEYS_FILE
  if (!path) throw new Error('GATEWAY_API_KEYS_FILE: is required: the file with the API keys')
  return path
}
