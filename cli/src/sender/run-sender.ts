import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readConnections } from '../state/connections.ts'
import { type Environment, type Folders, toInbox, toLockFile } from '../state/folders.ts'
import { listInbox, setInboxFull } from '../state/inbox.ts'
import { acquireLock, releaseLock, touchLock } from '../state/sender-lock.ts'
import { InboxDrain } from './drain-inbox.ts'
import type { LiveSession } from './live-session.ts'
import { redactEvent } from './redact-event.ts'
import { forgetOldSession, hasSpooled, isEnding, listSessions } from './session-record.ts'
import { SessionTable } from './session-table.ts'

interface Timings {
  /** Between two looks into the inbox. */
  pollMs: number
  /** How long the sender waits for more once everything is sent. */
  idleMs: number
  /** How long it tries in vain to send, while no hook runs. */
  awayMs: number
  /** How long nothing may arrive for a session before its reported end is sent. */
  quietMs: number
  /** How long nothing may arrive for a session that reported no end before it is ended. */
  abandonMs: number
  /** How long the files of an ended session are kept for `achilles status`. */
  forgetMs: number
}

const DAY_MS = 86_400_000

const TIMINGS: Timings = {
  pollMs: 300,
  idleMs: 30_000,
  awayMs: 300_000,
  quietMs: 1_500,
  abandonMs: DAY_MS,
  forgetMs: 7 * DAY_MS,
}

/** Sessions with something to send that are opened at once. */
const MAX_LIVE = 50
const CLOSE_AFTER_MS = 60_000
const UPKEEP_MS = 10_000
const MAX_INBOX = { entries: 100_000, bytes: 512 * 2 ** 20 }
/** Sources whose sessions are days or runs: they end by themselves. */
const ENDS_BY_ITSELF: ReadonlySet<string> = new Set(['git', 'cli'])

export interface SenderOptions {
  folders: Folders
  env: Environment
  log: (message: string) => void
  timings?: Partial<Timings>
  /** Ends the sender; what is pending stays in the spools. */
  signal: AbortSignal
}

/**
 * Sends what is in the inbox and in the spools, until everything is sent and nothing more arrives, or the gateway is away
 * for long. Returns immediately if another sender runs.
 */
export async function runSender({ folders, env, log, timings, signal }: SenderOptions): Promise<void> {
  const lock = toLockFile(folders)
  while (acquireLock(lock)) {
    let left: ReadonlySet<string>
    try {
      left = await new Sender({ folders, env, log, timings: { ...TIMINGS, ...timings }, signal }).run()
    } finally {
      releaseLock(lock)
    }
    // A hook that ran meanwhile saw the lock, and started no other sender.
    if (signal.aborted || listInbox(folders).every((name) => left.has(name))) return
  }
}

type Settings = SenderOptions & { timings: Timings }

class Sender {
  readonly #options: Settings
  readonly #sessions: SessionTable
  readonly #drain: InboxDrain
  readonly #tasks = new Set<Promise<void>>()
  #upkeepAt = 0
  #holdsLock = true

  constructor(options: Settings) {
    this.#options = options
    const { folders, env, log } = options
    this.#sessions = new SessionTable({ folders, env, log })
    this.#drain = new InboxDrain({
      folders,
      sessions: this.#sessions,
      readConnections: () => readConnections(folders),
      redact: redactEvent,
      log,
    })
  }

  /** @returns the entries that stay in the inbox */
  async run(): Promise<ReadonlySet<string>> {
    const { timings, signal, log } = this.#options
    let lastProgress = performance.now()
    let lastPending = 0
    while (!signal.aborted && this.#holdsLock) {
      try {
        const taken = await this.#tick()
        const pending = this.#sessions.pending + this.#drain.waiting.size
        if (taken > 0 || pending < lastPending) lastProgress = performance.now()
        lastPending = pending
        const isDone =
          pending === 0 && this.#tasks.size === 0 && !this.#sessions.live.some(({ record }) => isEnding(record))
        if (performance.now() - lastProgress > (isDone ? timings.idleMs : timings.awayMs)) break
      } catch (error) {
        log((error as Error).message)
        if (performance.now() - lastProgress > timings.awayMs) break
      }
      await delay(timings.pollMs, undefined, { signal }).catch(() => {})
    }
    await Promise.all(this.#tasks)
    await Promise.all(this.#sessions.live.map((session) => session.close()))
    return this.#drain.waiting
  }

  async #tick(): Promise<number> {
    const taken = await this.#drain.drain()
    this.#limitInbox(this.#drain.waiting.size)
    const now = performance.now()
    for (const session of this.#sessions.live) {
      session.save()
      if (!session.isClosing) this.#settle(session, now - session.touchedAt)
    }
    if (now >= this.#upkeepAt) {
      this.#upkeepAt = now + UPKEEP_MS
      this.#holdsLock = touchLock(toLockFile(this.#options.folders))
      this.#keepUp()
    }
    return taken
  }

  /** Ends or closes a session of which nothing arrived for a while. */
  #settle(session: LiveSession, quietMs: number): void {
    const { end } = session.record
    if (isEnding(session.record) && end) {
      if (quietMs >= this.#options.timings.quietMs) this.#start(session.finish(end.status, end.time), session)
    } else if (quietMs >= CLOSE_AFTER_MS && session.pending === 0) {
      this.#start(session.close(), session)
    }
  }

  #start(task: Promise<void>, session: LiveSession): void {
    const settled = task
      .catch((error: Error) => this.#options.log(error.message))
      .finally(() => {
        this.#tasks.delete(settled)
        this.#sessions.delete(session)
      })
    this.#tasks.add(settled)
  }

  /** Opens sessions that have something to send, or that nobody ends. */
  #keepUp(): void {
    const { folders, timings, log } = this.#options
    const connections = readConnections(folders)
    for (const [folder, record] of listSessions(folders)) {
      if (this.#sessions.has(folder)) continue
      if (this.#sessions.live.length >= MAX_LIVE || this.#sessions.isFull) break
      const isOld = Date.now() - Date.parse(record.receivedAt) > timings.abandonMs
      if (!record.ended && !record.end && isOld) {
        record.end = { status: ENDS_BY_ITSELF.has(record.source) ? 'completed' : 'abandoned', time: record.lastTime }
      }
      if (!isEnding(record) && !hasSpooled(folder)) {
        forgetOldSession(folder, record, timings.forgetMs)
        continue
      }
      try {
        this.#sessions.open(folder, record, connections[record.source] ?? {})
      } catch (error) {
        log(`${record.key}: ${(error as Error).message}`)
      }
    }
  }

  #limitInbox(waiting: number): void {
    const { folders, log } = this.#options
    const isFull = waiting > MAX_INBOX.entries || (waiting > 1_000 && measureInbox(folders) > MAX_INBOX.bytes)
    if (setInboxFull(folders, isFull)) log('the inbox is full: hooks record nothing until the gateway can be reached')
  }
}

function measureInbox(folders: Folders): number {
  const inbox = toInbox(folders)
  return listInbox(folders).reduce(
    (sum, name) => sum + (statSync(join(inbox, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
}
