import { randomUUID } from 'node:crypto'
import { open, readFile, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
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

/**
 * The API keys that the file lists.
 * @throws Error that names the file and its faults, each with its path and none with a value.
 */
export async function readApiKeysFile(path: string): Promise<ApiKeyEntry[]> {
  return parseApiKeys(path, await readApiKeysText(path))
}

/**
 * The file's text, not yet looked at.
 * @throws Error that names the file and why it cannot be read.
 */
export async function readApiKeysText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new Error(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/**
 * The API keys in a text that was read from `path`.
 * @throws Error that names the file and the text's faults, each with its path and none with a value.
 */
export function parseApiKeys(path: string, text: string): ApiKeyEntry[] {
  const parsed = ApiKeyEntries.safeParse(parseJson(path, text))
  if (!parsed.success) throw new Error(`${path}: ${apiKeyFaults(parsed.error)}`)
  return parsed.data
}

/** The faults of an entry or of a list of them, each with its path, parted by semicolons. */
export const apiKeyFaults = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message)).join('; ')

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

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message, and so the cause, quotes the text.
    throw new Error(`${path}: is not JSON`)
  }
}

function unknownKeys(keys: readonly string[]): string {
  const names = keys.map((key) => (TELLABLE.test(key) ? key : '(not shown)'))
  return `has what no entry has: ${names.join(', ')}`
}
