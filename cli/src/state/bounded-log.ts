import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const MAX_BYTES = 256 * 1024

/**
 * Appends a line with the time to a log file. A file of more than 256 KiB becomes `<file>.1`, which is overwritten. Never
 * throws: on a full disk the line is lost.
 */
export function appendToLog(file: string, message: string, now = new Date()): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const { size } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0 }
    if (size > MAX_BYTES) renameSync(file, `${file}.1`)
    appendFileSync(file, `${now.toISOString()} ${message.replaceAll('\n', ' ').slice(0, 1000)}\n`, { mode: 0o600 })
  } catch {}
}
