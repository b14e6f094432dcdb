import { type GatewayClient, type NewEvent, openSession, type Session } from '@achilles/mcp-client'
import { fileSpool } from '@achilles/mcp-client/node'
import { version } from '../version.ts'
import {
  type EndStatus,
  isEnding,
  type SessionCounts,
  type SessionRecord,
  toSpool,
  writeSession,
} from './session-record.ts'

/** How long an end may take before it is left to the spool. */
const END_MS = 10_000
/** The recorder drops the oldest above it, which the sender prevents by leaving reports in the inbox. */
const MAX_PENDING = { maxPending: 100_000, maxPendingBytes: 512 * 2 ** 20 }

/** A session that this sender has open. */
export class LiveSession {
  readonly folder: string
  readonly record: SessionRecord
  readonly #session: Session
  readonly #log: (message: string) => void
  /** Counts of earlier runs. */
  readonly #before: SessionCounts
  /** When something arrived last, on the clock of `performance.now()`. */
  touchedAt = performance.now()
  #bytes = 0
  #saved = ''
  #closing = false

  constructor(folder: string, record: SessionRecord, gateway: GatewayClient, log: (message: string) => void) {
    this.folder = folder
    this.record = record
    this.#log = log
    this.#before = { ...record.counts, pending: 0 }
    this.#session = openSession(gateway, {
      ...record.identity,
      client_name: 'achilles-cli',
      client_version: version,
      create_project: true,
      external_session_key: record.key,
      start_time: record.startTime,
      tags: [record.source],
      spool: fileSpool(toSpool(folder), { onDamage: (file) => log(`${file} is damaged, and kept`) }),
      flushIntervalMs: 200,
      ...MAX_PENDING,
      onError: (error) => this.#fail(error),
      onFailed: ({ id, error }) => this.#log(`${record.key}: ${id} was rejected: ${error}`),
      onDropped: ({ id, reason }) => this.#log(`${record.key}: ${id} was dropped: ${reason}`),
    })
  }

  /** Everything that must still reach Core, what earlier runs left included once it is recovered. */
  get pending(): number {
    const { pending, opening, end } = this.#session.ledger()
    return pending + opening.pending + end.pending
  }

  /** Whether Core has accepted or rejected everything added so far, a reported end included. */
  get isDelivered(): boolean {
    const { dropped } = this.#session.ledger()
    return this.pending === 0 && Object.keys(dropped).length === 0 && !isEnding(this.record)
  }

  /** It takes no more events. */
  get isClosing(): boolean {
    return this.#closing
  }

  /** About what everything pending takes in memory. */
  get bytes(): number {
    if (this.#session.ledger().pending === 0) this.#bytes = 0
    return this.#bytes
  }

  /** Records an event; one that is invalid is logged and left out. */
  add(event: NewEvent, bytes: number): void {
    this.touchedAt = performance.now()
    try {
      this.#session.record(event)
      this.#bytes += bytes
    } catch (error) {
      this.#log(`${this.record.key}: ${event.event_id} is invalid: ${(error as Error).message}`)
    }
  }

  /** Whether everything added so far survives the end of this process. */
  async isPersisted(): Promise<boolean> {
    return this.#session.persisted().then(
      () => true,
      () => false,
    )
  }

  /** Ends Core's session; takes no more events. What cannot be sent now is left to the spool. */
  async finish(status: EndStatus, time: string): Promise<void> {
    this.#closing = true
    await this.#session.end(status, { end_time: time, deadlineMs: END_MS }).catch((error) => this.#fail(error))
    this.record.ended = Object.keys(this.#session.ledger().end.dropped).length === 0
    this.save()
  }

  /** Leaves the session open at Core, and what is pending to the spool. */
  async close(): Promise<void> {
    this.#closing = true
    await this.#session.close({ deadlineMs: 0 }).catch((error) => this.#fail(error))
    this.save()
  }

  /** Writes the file of the session if anything changed. @returns false if it cannot be written, which is logged once */
  save(): boolean {
    const { accepted, duplicate, failed, dropped } = this.#session.ledger()
    const droppedHere = Object.values(dropped).reduce((sum, count) => sum + count, 0)
    this.record.counts = {
      accepted: this.#before.accepted + accepted,
      duplicate: this.#before.duplicate + duplicate,
      failed: this.#before.failed + failed,
      dropped: this.#before.dropped + droppedHere,
      pending: this.pending,
    }
    const text = JSON.stringify(this.record)
    if (text === this.#saved) return true
    try {
      writeSession(this.folder, this.record)
      this.#saved = text
      return true
    } catch (error) {
      this.#fail(error)
      return false
    }
  }

  #fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    if (message !== this.record.lastError?.message) this.#log(`${this.record.key}: ${message}`)
    this.record.lastError = { at: new Date().toISOString(), message: message.slice(0, 500) }
  }
}
