import { PGlite } from '@electric-sql/pglite'
import { JSON_OID } from './database.ts'
import { describeError } from './database-unavailable.ts'

/** The file system errors that an operator can fix, by their WASI numbers. */
const FILE_SYSTEM_ERRORS: Readonly<Record<number, string>> = {
  2: 'EACCES: permission denied',
  19: 'EDQUOT: disk quota exceeded',
  29: 'EIO: input/output error',
  51: 'ENOSPC: no space left on device',
  63: 'EPERM: operation not permitted',
  69: 'EROFS: read-only file system',
}

/**
 * Opens a PGlite instance on a folder; PGlite creates a cluster if the folder is empty.
 * @param onFailure called when the instance fails later; PGlite then settles no query any more
 * @throws Error with the reason that PostgreSQL logged, if any
 */
export async function openPgliteClient(folder: string, onFailure: (reason: string) => void): Promise<PGlite> {
  const messages: string[] = []
  let isOpen = false
  const onStderr = (line: string) => {
    const [, level, message] = /\b(PANIC|FATAL|DETAIL): +(.+)/.exec(line) ?? []
    const isFailure = level === 'PANIC' || level === 'FATAL'
    if (message !== undefined && isFailure !== messages.length > 0) messages.push(message.replace(/\.$/, ''))
    if (isOpen && isFailure) onFailure(messages.join(': '))
    // False: PGlite must not print the line.
    return false
  }
  try {
    const client = await PGlite.create(folder, { parsers: { [JSON_OID]: (text) => text }, onStderr })
    isOpen = true
    return client
  } catch (cause) {
    throw new Error(messages.length > 0 ? messages.join(': ') : describeFailure(cause), { cause })
  }
}

function describeFailure(error: unknown): string {
  const { errno } = Object(error) as { errno?: number }
  return (errno !== undefined && FILE_SYSTEM_ERRORS[errno]) || `PGlite: ${describeError(error)}`
}
