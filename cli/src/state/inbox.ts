import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentReport } from '@achilles/agent-sources'
import type { Connection } from './connections.ts'
import { type Folders, toInbox, toInboxFull } from './folders.ts'

/** What a hook leaves to the sender. */
export interface InboxEntry {
  /** The name of the source, which is also that of its connection. */
  source: string
  receivedAt: string
  /** The folder in which the hook ran. */
  cwd: string
  report: AgentReport
  /** What is to be used instead of the choices stored for the source. */
  connection?: Connection
}

const FINISHED = '.json'
const UNFINISHED = '.tmp'
const SWEEP_MS = 60_000
let count = 0

/**
 * Writes a file of its own, which gets its name once it is complete: entries of concurrent hooks cannot mix, and a hook that
 * is killed leaves no half of one.
 * @throws Error if the inbox is at its limit, or cannot be written
 */
export function putIntoInbox(folders: Folders, entry: InboxEntry): void {
  if (existsSync(toInboxFull(folders))) throw new Error('the inbox is full: nothing can be sent to the gateway')
  const inbox = toInbox(folders)
  // Sorts by time. Containers that share the folder may have processes of one pid.
  const random = Math.random().toString(36).slice(2, 10)
  const name = `${String(Date.now()).padStart(14, '0')}-${String(count++).padStart(4, '0')}-${process.pid}-${random}`
  const unfinished = join(inbox, name + UNFINISHED)
  const text = JSON.stringify(entry)
  try {
    writeNew(unfinished, text, inbox)
    renameSync(unfinished, join(inbox, name + FINISHED))
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
}

/** The folder exists already, but for the first time. */
function writeNew(file: string, text: string, folder: string): void {
  const options = { flag: 'wx', mode: 0o600 } as const
  try {
    writeFileSync(file, text, options)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(file, text, options)
  }
}

/** The names of the entries, oldest first. Removes what hooks that were killed left more than a minute ago. */
export function listInbox(folders: Folders): string[] {
  const inbox = toInbox(folders)
  let names: string[]
  try {
    names = readdirSync(inbox)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  for (const name of names) {
    if (!name.endsWith(UNFINISHED)) continue
    const { mtimeMs } = statSync(join(inbox, name), { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() }
    if (Date.now() - mtimeMs > SWEEP_MS) removeFromInbox(folders, name)
  }
  return names.filter((name) => name.endsWith(FINISHED)).sort()
}

/** Undefined if the file is damaged, or another sender has removed it. */
export function readFromInbox(folders: Folders, name: string): { entry: InboxEntry; bytes: number } | undefined {
  try {
    const text = readFileSync(join(toInbox(folders), name), 'utf8')
    const entry = JSON.parse(text) as Partial<InboxEntry>
    const isWhole = typeof entry.source === 'string' && Array.isArray(entry.report?.events)
    return isWhole ? { entry: entry as InboxEntry, bytes: text.length } : undefined
  } catch {
    return undefined
  }
}

export function removeFromInbox(folders: Folders, name: string): void {
  rmSync(join(toInbox(folders), name), { force: true })
}

/** Makes hooks stop, or go on, adding entries. @returns whether they are stopped now and were not before */
export function setInboxFull(folders: Folders, isFull: boolean): boolean {
  const file = toInboxFull(folders)
  if (!isFull) rmSync(file, { force: true })
  else if (!existsSync(file)) {
    writeFileSync(file, '', { mode: 0o600 })
    return true
  }
  return false
}
