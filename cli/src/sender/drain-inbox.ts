import type { AgentEvent } from '@achilles/agent-sources'
import type { NewEvent } from '@achilles/mcp-client'
import type { Connections } from '../state/connections.ts'
import type { Folders } from '../state/folders.ts'
import { type InboxEntry, listInbox, readFromInbox, removeFromInbox } from '../state/inbox.ts'
import type { LiveSession } from './live-session.ts'
import type { SessionTable } from './session-table.ts'

/** Entries that are read before the spools are written. */
const BATCH = 200

export interface DrainOptions {
  folders: Folders
  sessions: SessionTable
  readConnections: () => Connections
  redact: (event: NewEvent) => NewEvent
  log: (message: string) => void
}

/** After which an entry is read again that had to wait. */
const WAIT_MS = 5_000

/** Moves entries from the inbox into the spools of their sessions. An entry is removed once its spool, or Core, has it. */
export class InboxDrain {
  readonly #options: DrainOptions
  /** Entries that were recorded, but that no spool could store; they are removed once Core has them. */
  readonly #unstored = new Map<string, LiveSession>()
  /** When entries that must wait are read again, on the clock of `performance.now()`. */
  readonly #retryAt = new Map<string, number>()
  #waiting: ReadonlySet<string> = new Set()

  constructor(options: DrainOptions) {
    this.#options = options
  }

  /** The entries that stayed in the inbox at the last drain. */
  get waiting(): ReadonlySet<string> {
    return this.#waiting
  }

  /** @returns how many entries were taken */
  async drain(): Promise<number> {
    const names = listInbox(this.#options.folders)
    const now = performance.now()
    const due = names.filter((name) => !this.#unstored.has(name) && (this.#retryAt.get(name) ?? 0) <= now)
    for (let start = 0; start < due.length; start += BATCH) await this.#take(due.slice(start, start + BATCH))
    for (const [name, session] of this.#unstored) {
      if (session.isDelivered) this.#remove(name)
      // A closed session may have dropped what its spool could not store: the entry is read again.
      else if (!this.#options.sessions.live.includes(session)) this.#unstored.delete(name)
    }
    this.#waiting = new Set(names.filter((name) => this.#unstored.has(name) || this.#retryAt.has(name)))
    return names.length - this.#waiting.size
  }

  async #take(names: readonly string[]): Promise<void> {
    const recorded = new Map<string, LiveSession>()
    const connections = this.#options.readConnections()
    for (const name of names) {
      const read = readFromInbox(this.#options.folders, name)
      if (!read) {
        this.#options.log(`${name} in the inbox is damaged, and removed`)
        this.#remove(name)
        continue
      }
      const session = await this.#record(read.entry, read.bytes, connections)
      if (session) recorded.set(name, session)
      else this.#retryAt.set(name, performance.now() + WAIT_MS)
    }
    const isStored = new Map<LiveSession, boolean>()
    for (const session of new Set(recorded.values())) {
      isStored.set(session, (await session.isPersisted()) && session.save())
    }
    for (const [name, session] of recorded) {
      this.#retryAt.delete(name)
      if (isStored.get(session)) this.#remove(name)
      else this.#unstored.set(name, session)
    }
  }

  /** Undefined if the entry must wait. */
  async #record(entry: InboxEntry, bytes: number, connections: Connections): Promise<LiveSession | undefined> {
    const { sessions, redact, log } = this.#options
    const { source, report, receivedAt } = entry
    const connection = { ...connections[source], ...entry.connection }
    if (sessions.isFull) return undefined
    try {
      const session = await sessions.find(entry, connection)
      if (!session) return undefined
      for (const event of report.events) session.add(redact(toNewEvent(event, connection.content === true)), bytes)
      const { record } = session
      record.receivedAt = receivedAt
      record.lastTime = latest(record.lastTime, report.events.at(-1)?.timestamp ?? receivedAt)
      // More may arrive after an end, from hooks that run at the same time, or if the session is resumed.
      if (report.session.endStatus) record.end = { status: report.session.endStatus, time: record.lastTime }
      else if (record.ended) delete record.end
      record.ended = false
      return session
    } catch (error) {
      log(`${source}: ${(error as Error).message}`)
      return undefined
    }
  }

  #remove(name: string): void {
    try {
      removeFromInbox(this.#options.folders, name)
      this.#unstored.delete(name)
      this.#retryAt.delete(name)
    } catch (error) {
      this.#options.log(`inbox: ${(error as Error).message}`)
    }
  }
}

/** The event as it is recorded, with content only if the user turned it on. */
function toNewEvent({ content, ...event }: AgentEvent, hasContent: boolean): NewEvent {
  return content && hasContent ? { ...event, payload: { ...event.payload, ...content } } : event
}

const latest = (one: string, other: string): string => (Date.parse(other) > Date.parse(one) ? other : one)
