import { createHash } from 'node:crypto'
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'

/** A file that `connect` has changed, and how to undo that. */
export interface ChangedFile {
  path: string
  /** A copy of the file before the first change; absent if there was none. */
  backup?: string
  /** The SHA-256 of what was written last. */
  written: string
}

/** Empty if there is no such file. */
export function readSettings(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/**
 * Replaces the file as a whole, keeping its permissions and the symbolic links to it.
 * @param mode of a new file
 */
export function writeSettings(path: string, text: string, mode = 0o600): void {
  const target = resolveLinks(path)
  mkdirSync(dirname(target), { recursive: true })
  const kept = statSync(target, { throwIfNoEntry: false })?.mode
  const unfinished = `${target}.achilles-${process.pid}`
  try {
    writeFileSync(unfinished, text, { mode: (kept ?? mode) & 0o777 })
    renameSync(unfinished, target)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
}

/** Writes the file, after a copy of what was there before the first change. */
export function changeFile(path: string, text: string, earlier?: ChangedFile, mode?: number): ChangedFile {
  const exists = statSync(path, { throwIfNoEntry: false }) !== undefined
  let backup = earlier?.backup
  if (!earlier && exists) {
    backup = `${path}.before-achilles`
    copyFileSync(path, backup)
  }
  writeSettings(path, text, mode)
  return { path, ...(backup !== undefined && { backup }), written: toHash(text) }
}

export type Restored = 'unchanged' | 'restored' | 'deleted' | 'edited'

/**
 * Undoes the changes: byte for byte if nobody else has changed the file since, otherwise by an edit of what is there now; the
 * backup then stays.
 */
export function restoreFile({ path, backup, written }: ChangedFile, remove: (text: string) => string): Restored {
  const text = readSettings(path)
  if (toHash(text) === written) {
    if (backup === undefined) {
      rmSync(path, { force: true })
      return 'deleted'
    }
    writeSettings(path, readFileSync(backup, 'utf8'))
    rmSync(backup, { force: true })
    return 'restored'
  }
  const edited = text === '' ? text : remove(text)
  if (edited === text) return 'unchanged'
  writeSettings(path, edited)
  return 'edited'
}

const toHash = (text: string): string => createHash('sha256').update(text).digest('hex')

function resolveLinks(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
