import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { open, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describeIssue } from '@achilles/mcp-contract'
import { z } from 'zod'
import { SCOPED_WORKSPACE } from '../http/principal.ts'
import { createFileReader, type FileReader } from './file-reader.ts'

const VISIBLE_NAME = /^[\x21-\x7e]{1,64}$/
const HEX_SHA256 = /^[0-9a-f]{64}$/i
const SHA256_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
// Shorter than any API key or hash, so that a misplaced one is not repeated in an error message.
const SAFE_TO_SHOW = /^\w{1,32}$/

/** Without `workspaces`, the key has access to all of them. */
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
      else context.addIssue({ code: 'custom', path: [index, field], message: `is the same as in entry ${earlier}` })
    }
  }
})

/** Fits about half a million keys. */
const MAX_FILE_BYTES = 64 * 1024 * 1024
const READ_TIMEOUT_MS = 5_000

export const apiKeysFileReader = (path: string, timeoutMs = READ_TIMEOUT_MS): FileReader =>
  createFileReader(path, { maxBytes: MAX_FILE_BYTES, timeoutMs })

/** @throws Error if the file cannot be read or is invalid. */
export async function readApiKeysFile(path: string): Promise<ApiKeyEntry[]> {
  return parseApiKeys(path, (await apiKeysFileReader(path).read()).bytes)
}

/** @throws Error that lists each invalid field by its path, but no values. */
export function parseApiKeys(path: string, bytes: Uint8Array): ApiKeyEntry[] {
  const parsed = ApiKeyEntries.safeParse(parseJson(path, bytes), { error: describeIssue })
  if (!parsed.success) throw new Error(`${path}: ${formatApiKeyIssues(parsed.error)}`)
  return parsed.data
}

/**
 * Describes which other users can read or change the file; undefined if none can, or on Windows. The group of a file
 * that belongs to another user may read it, since Kubernetes mounts secrets that way.
 */
export function describeUnsafeMode(path: string, { mode, uid }: Pick<Stats, 'mode' | 'uid'>): string | undefined {
  if (process.getuid === undefined) return undefined
  const excess = mode & (uid === process.getuid() ? 0o066 : 0o026)
  if (excess === 0) return undefined
  const access = (excess & 0o022) === 0 ? 'read' : 'change'
  return `${path}: has mode ${(mode & 0o777).toString(8)}, so other users can ${access} it`
}

const MAX_ISSUES_LISTED = 20

export function formatApiKeyIssues({ issues }: z.ZodError): string {
  const listed = issues
    .slice(0, MAX_ISSUES_LISTED)
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
  const omitted = issues.length - listed.length
  return listed.join('; ') + (omitted > 0 ? `; and ${omitted} more` : '')
}

/** Replaces the file atomically, with mode 0600. Follows a symbolic link. */
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
    // The parser's message quotes the text, so it is neither shown nor set as the cause.
    throw new Error(`${path}: is not JSON`)
  }
}

function unknownKeys(keys: readonly string[]): string {
  const names = keys.map((key) => (SAFE_TO_SHOW.test(key) ? key : '(not shown)'))
  return `has unknown keys: ${names.join(', ')}`
}
