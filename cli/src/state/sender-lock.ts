import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { getIdentity, isAlive, type ProcessIdentity } from './process-identity.ts'

/** How long a lock without content is that of a sender which is about to write it. */
const WRITING_MS = 5_000

/** How long a sender may leave the lock untouched, where a process is not known by its start. */
const SILENT_MS = 60_000

/** The sender that holds the lock, if it is alive. */
export function readLock(file: string): ProcessIdentity | undefined {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8')) as Partial<ProcessIdentity>
    if (typeof holder.pid !== 'number') return undefined
    const identity = { pid: holder.pid, started: holder.started ?? null }
    if (identity.started === null && Date.now() - statSync(file).mtimeMs > SILENT_MS) return undefined
    return isAlive(identity) ? identity : undefined
  } catch {
    return undefined
  }
}

/**
 * Takes the lock, also from a process that has ended. Two senders that do this at the same moment may both succeed, which
 * only costs work: what both send is stored once.
 * @returns false if another sender holds it
 */
export function acquireLock(file: string): boolean {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(file, JSON.stringify(getIdentity(process.pid)), { flag: 'wx', mode: 0o600 })
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        // On a full disk an empty file would be left.
        rmSync(file, { force: true })
        throw error
      }
    }
    if (readLock(file) || isBeingWritten(file)) return false
    const aside = `${file}.${process.pid}`
    try {
      renameSync(file, aside)
      rmSync(aside, { force: true })
    } catch {}
  }
  return false
}

/**
 * Shows that the holder is alive.
 * @returns false if the lock is no longer its own: a process that does not see this one, in another container, has taken it
 */
export function touchLock(file: string): boolean {
  if (readLock(file)?.pid !== process.pid) return false
  const now = new Date()
  utimesSync(file, now, now)
  return true
}

export function releaseLock(file: string): void {
  if (readLock(file)?.pid === process.pid) rmSync(file, { force: true })
}

function isBeingWritten(file: string): boolean {
  try {
    const { size, mtimeMs } = statSync(file)
    return size === 0 && Date.now() - mtimeMs < WRITING_MS
  } catch {
    return false
  }
}
