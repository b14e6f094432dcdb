import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { open, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { createFileReader, type FileReader } from './file-reader.ts'
import { SCOPED_WORKSPACE } from './principal.ts'

const VISIBLE_NAME = /^[\x21-\x7e]{1,64}$/
const HEX_SHA256 = /^[0-9a-f]{64}$/i
const SHA256_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
// Shorter than any key or hash, so that one that stands in the wrong place is not repeated in a message.
const TELLABLE = /^\w{1,32}$/

/** One API key, known by the SHA-256 of its text; without `workspaces` it reaches all of them. */
export const ApiKeyEntry = z.strictObject(
  {
    name: z.string().regex(VISIBLE_NAME, 'must be 1 to 64 visible ASCII characters without spaces'),
    sha256: z
      .string()
      .regex(HEX_SHA256, 'must be 64 hexadecimal digits')
      .toLowerCase()
      .refine((hash) => hash !== SHA256_OF_NOTHING, 'is the hash of an empty key'),
    workspaces: z
      .array(
        z
          .string()
          .regex(SCOPED_WORKSPACE, 'must be 1 to 256 printable ASCII characters, no comma and no space at either end'),
      )
      .min(1, 'must name a workspace; leave it out to allow all')
      .optional(),
  },
  { error: (issue) => (issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys) : undefined) },
)
export type ApiKeyEntry = z.infer<typeof ApiKeyEntry>

const ApiKeyEntries = z.array(ApiKeyEntry).superRefine((entries, context) => {
  for (const field of ['name', 'sha256'] as const) {
    const first = new Map<string, number>()
    for (const [index, entry] of entries.entries()) {
      const earlier = first.get(entry[field])
      if (earlier === undefined) first.set(entry[field], index)
      else context.addIssue({ code: 'custom', path: [index, field], message: `is that of entry ${earlier} as well` })
    }
  }
})

/** What the file may have: room for half a million keys, in bytes. */
const MAX_FILE_BYTES = 64 * 1024 * 1024
/** How long a file system may take to give the file's content. */
const READ_TIMEOUT_MS = 5_000

/** Reads the API keys file at `path`, which must be a regular file or lead to one. */
export const apiKeysFileReader = (path: string, timeoutMs = READ_TIMEOUT_MS): FileReader =>
  createFileReader(path, { maxBytes: MAX_FILE_BYTES, timeoutMs })

/**
 * The API keys that the file lists.
 * @throws Error that names the file and its faults, each with its path and none with a value.
 */
export async function readApiKeysFile(path: string): Promise<ApiKeyEntry[]> {
  return parseApiKeys(path, (await apiKeysFileReader(path).read()).bytes)
}

/**
 * The API keys in the bytes that were read from `path`; a byte order mark is skipped.
 * @throws Error that names the file and the content's faults, each with its path and none with a value.
 */
export function parseApiKeys(path: string, bytes: Uint8Array): ApiKeyEntry[] {
  const parsed = ApiKeyEntries.safeParse(parseJson(path, bytes))
  if (!parsed.success) throw new Error(`${path}: ${apiKeyFaults(parsed.error)}`)
  return parsed.data
}

/**
 * Which other users can read or change such a file; undefined where none can, or where the platform has no modes. A group
 * may read a file that is another user's: it is how the gateway itself reads it, as with Kubernetes' secrets.
 */
export function findModeFault(path: string, { mode, uid }: Pick<Stats, 'mode' | 'uid'>): string | undefined {
  if (process.getuid === undefined) return undefined
  const excess = mode & (uid === process.getuid() ? 0o066 : 0o026)
  if (excess === 0) return undefined
  const access = (excess & 0o022) === 0 ? 'read' : 'change'
  return `${path}: has mode ${(mode & 0o777).toString(8)}, so other users can ${access} it`
}

const MAX_FAULTS_NAMED = 20

/** The faults of an entry or of a list of them, each with its path, separated by semicolons; twenty at most are named. */
export function apiKeyFaults({ issues }: z.ZodError): string {
  const named = issues
    .slice(0, MAX_FAULTS_NAMED)
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
  const omitted = issues.length - named.length
  return named.join('; ') + (omitted > 0 ? `; and ${omitted} more` : '')
}

/**
 * Replaces the file in one step by one that only its owner may read; where `path` is a symbolic link, the file that it
 * leads to.
 * @throws Error of the file system's.
 */
export async function writeApiKeysFile(path: string, entries: readonly ApiKeyEntry[]): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`)
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(`${JSON.stringify(entries, null, 2)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

function parseJson(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    // The parser's own message, and so the cause, quotes the text.
    throw new Error(`${path}: is not JSON`)
  }
}

function unknownKeys(keys: readonly string[]): string {
  const names = keys.map((key) => (TELLABLE.test(key) ? key : '(not shown)'))
  return `has what no entry has: ${names.join(', ')}`
}
