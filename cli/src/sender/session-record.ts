import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Identity } from '../project/identify.ts'
import { type Folders, toSessions } from '../state/folders.ts'

/** What must be known of a session to open it again: the file `session.json` in its folder. */
export interface SessionRecord {
  /** The `external_session_key`. */
  key: string
  source: string
  gateway: string
  identity: Identity
  startTime: string
  /** The time of the newest event. */
  lastTime: string
  /** When the newest report was received. */
  receivedAt: string
  /** The end that was reported; it is sent once nothing more arrives. */
  end?: { status: EndStatus; time: string }
  /** Whether the end was handed to the spool. */
  ended?: boolean
  /** As of the last change. */
  counts: SessionCounts
  lastError?: { at: string; message: string }
}

export type EndStatus = 'completed' | 'failed' | 'abandoned'

/** Whether an end was reported that is not yet on its way. */
export const isEnding = ({ end, ended }: SessionRecord): boolean => end !== undefined && !ended

/** Of events, except for `pending`: it counts everything that must reach Core. */
export interface SessionCounts {
  accepted: number
  duplicate: number
  failed: number
  dropped: number
  pending: number
}

export const NO_COUNTS: SessionCounts = { accepted: 0, duplicate: 0, failed: 0, dropped: 0, pending: 0 }

/** The folder of a session. Sessions of one key at two gateways are two. */
export const toSessionFolder = (folders: Folders, { gateway, key }: Pick<SessionRecord, 'gateway' | 'key'>): string =>
  join(toSessions(folders), createHash('sha256').update(`${gateway}\n${key}`).digest('hex').slice(0, 32))

export const toSpool = (folder: string): string => join(folder, 'spool')

export function readSession(folder: string): SessionRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(join(folder, 'session.json'), 'utf8')) as Partial<SessionRecord>
    return record.key && record.gateway && record.identity ? (record as SessionRecord) : undefined
  } catch {
    return undefined
  }
}

/** Replaces the file as a whole: a crash leaves the old or the new one. */
export function writeSession(folder: string, record: SessionRecord): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const unfinished = join(folder, `session.${process.pid}.tmp`)
  try {
    writeFileSync(unfinished, JSON.stringify(record), { mode: 0o600 })
    renameSync(unfinished, join(folder, 'session.json'))
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
}

/** All sessions of which there is a folder, by folder. */
export function listSessions(folders: Folders): Map<string, SessionRecord> {
  const parent = toSessions(folders)
  const sessions = new Map<string, SessionRecord>()
  for (const name of listFolder(parent)) {
    const record = readSession(join(parent, name))
    if (record) sessions.set(join(parent, name), record)
  }
  return sessions
}

/** Whether the spool of a session may hold something to send. */
export const hasSpooled = (folder: string): boolean =>
  listFolder(toSpool(folder)).some((name) => name.endsWith('.jsonl'))

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Deletes the files of a session that ended long ago. */
export function forgetOldSession(folder: string, { ended, receivedAt }: SessionRecord, forgetMs: number): void {
  if (ended && Date.now() - Date.parse(receivedAt) > forgetMs) rmSync(folder, { recursive: true, force: true })
}
