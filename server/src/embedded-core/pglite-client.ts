import { PGlite } from '@electric-sql/pglite'
import { JSON_OID } from './database.ts'
import { describeError } from './database-unavailable.ts'

/** The errors of PGlite's file system that an operator can do something about, by their numbers in WASI. */
const FILE_SYSTEM_ERRORS: Readonly<Record<number, string>> = {
  2: 'EACCES: permission denied',
  19: 'EDQUOT: disk quota exceeded',
  29: 'EIO: input/output error',
  51: 'ENOSPC: no space left on device',
  63: 'EPERM: operation not permitted',
  69: 'EROFS: read-only file system',
}

/**
 * Opens a PGlite instance on a folder; PGlite creates a cluster where the folder is empty.
 * @param onFailure called once where the instance fails later on; it settles no query from then on
 * @throws Error with the reason that PostgreSQL logged, where it logged one
 */
export async function openPgliteClient(folder: string, onFailure: (reason: string) => void): Promise<PGlite> {
  const words: string[] = []
  let isOpen = false
  const onStderr = (line: string) => {
    const [, level, message] = /\b(PANIC|FATAL|DETAIL): +(.+)/.exec(line) ?? []
    const isFailure = level === 'PANIC' || level === 'FATAL'
    if (message !== undefined && isFailure !== words.length > 0) words.push(message.replace(/\.$/, ''))
    if (isOpen && isFailure) onFailure(words.join(': '))
    // Whether PGlite may print the line: never.
    return false
  }
  try {
    const client = await PGlite.create(folder, { parsers: { [JSON_OID]: (text) => text }, onStderr })
    isOpen = true
    return client
  } catch (cause) {
    throw new Error(words.length > 0 ? words.join(': ') : describeFailure(cause), { cause })
  }
}

function describeFailure(error: unknown): string {
  const { errno } = Object(error) as { errno?: number }
  return (errno !== undefined && FILE_SYSTEM_ERRORS[errno]) || `PGlite: ${describeError(error)}`
}
