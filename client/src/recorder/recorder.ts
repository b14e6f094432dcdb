import { omittedFrom, stringifyJson, toIssues } from '@achilles/mcp-contract'
import { badRequest, localError } from '../gateway-error.ts'
import { notify } from '../notify.ts'
import type { Spool, SpooledEvent } from '../spool/spool.ts'
import { withTimeout } from '../timers.ts'
import { uuid } from '../uuid.ts'
import { parseEvent, toEvent } from './event-schema.ts'
import { EventSender, type SendBatch } from './event-sender.ts'
import { type BatchLimits, type PendingEvent, PendingEvents } from './pending-events.ts'
import type { DropReason, NewEvent, RecorderOptions } from './recorder-options.ts'
import { SpoolWriter } from './spool-writer.ts'
import type { Verdict } from './verdict.ts'

/**
 * Counts what became of the recorded events. `recorded` is always the sum of `accepted`, `duplicate`, `failed`, every
 * count in `dropped`, and `pending`.
 */
export interface Ledger {
  /** All events recorded here, including `recovered`. */
  recorded: number
  /** The events that earlier runs left in the spool. */
  recovered: number
  /** Newly stored by Core. */
  accepted: number
  /** Already stored by Core, or already pending here. */
  duplicate: number
  /** Rejected for good, and reported to `onFailed`. */
  failed: number
  /** Dropped here, by reason, and reported to `onDropped`. */
  dropped: Partial<Record<DropReason, number>>
  /** Not yet accepted or rejected by Core. */
  pending: number
}

export interface RecorderSession {
  sessionId: string
  limits: BatchLimits
  send: SendBatch
}

/** Stores events and sends them in batches, one at a time, until Core accepts or rejects each. */
export class Recorder {
  readonly #session: RecorderSession
  readonly #options: RecorderOptions
  readonly #spool: Spool
  readonly #writer: SpoolWriter
  readonly #maxPending: number
  readonly #maxPendingBytes: number
  readonly #pending = new PendingEvents()
  readonly #sender: EventSender
  readonly #counts = { recorded: 0, recovered: 0, accepted: 0, duplicate: 0, failed: 0 }
  readonly #dropped: Ledger['dropped'] = {}
  #mayRecover = true
  #closed = false
  #closing: Promise<void> | undefined

  constructor(session: RecorderSession, spool: Spool, options: RecorderOptions) {
    const { flushIntervalMs = 2_000, maxPending = 10_000, maxPendingBytes = 64 * 2 ** 20 } = options
    this.#session = session
    this.#options = options
    this.#spool = spool
    this.#maxPending = maxPending
    this.#maxPendingBytes = maxPendingBytes
    this.#writer = new SpoolWriter(spool, (error) => this.#notify(options.onError, error))
    this.#sender = new EventSender(this.#pending, {
      send: session.send,
      limits: session.limits,
      flushIntervalMs,
      unref: spool.durable,
      onVerdict: (event, verdict) => this.#settle(event, verdict),
      onError: (error) => this.#notify(options.onError, error),
      onIdle: () => void this.recover(),
    })
  }

  /** Recovers events of earlier runs, up to `maxPending`. The sender calls it again when it is idle. */
  async recover(): Promise<void> {
    try {
      while (this.#mayRecover && !this.#closed && this.#pending.count < this.#maxPending) {
        const events = await this.#spool.recover()
        if (events.length === 0) this.#mayRecover = false
        for (const event of events) this.#takeOver(event)
      }
    } catch (error) {
      this.#notify(this.#options.onError, error)
    }
    this.#sender.wake()
  }

  record(event: NewEvent): string {
    if (this.#closed) throw localError('CONFLICT', 'The session has ended: nothing more is recorded.')
    const spooled = toSpooled(event, this.#session.sessionId)
    this.#counts.recorded++
    if (!this.#pending.add(spooled)) {
      this.#counts.duplicate++
      return spooled.event_id
    }
    this.#writer.add(spooled)
    while (this.#pending.count > this.#maxPending || this.#pending.bytes > this.#maxPendingBytes) {
      const dropped = this.#pending.dropOldest()
      if (!dropped) break
      this.#drop(dropped, 'overflow')
    }
    this.#sender.wake()
    return spooled.event_id
  }

  persisted(): Promise<void> {
    return this.#writer.written()
  }

  flush(signal?: AbortSignal): Promise<void> {
    return this.#sender.flush(signal)
  }

  /** Events that are still pending after `deadlineMs` are dropped, unless a durable spool has stored them. */
  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs)
    return this.#closing
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#closed = true
    if (deadlineMs > 0)
      await withTimeout('The flush', deadlineMs, (signal) => this.#sender.flush(signal)).catch(() => {})
    await this.#sender.stop()
    if (!this.#spool.durable) {
      for (let event = this.#pending.dropOldest(); event; event = this.#pending.dropOldest()) this.#drop(event, 'ended')
    }
    const unwritten = await this.#writer.close()
    for (const event of this.#pending.dropAll((event) => unwritten.has(event.key))) this.#drop(event, 'ended')
  }

  ledger(): Ledger {
    return { ...this.#counts, dropped: { ...this.#dropped }, pending: this.#pending.count }
  }

  #takeOver(event: SpooledEvent): void {
    if (this.#pending.has(event)) return
    try {
      toEvent(event)
    } catch (cause) {
      this.#notify(
        this.#options.onError,
        new Error(`The spool holds an event that is no JSON: ${event.event_id}`, { cause }),
      )
      this.#writer.remove(event)
      return
    }
    this.#counts.recorded++
    this.#counts.recovered++
    this.#pending.add(event)
  }

  #settle(event: PendingEvent, verdict: Verdict): void {
    this.#counts[verdict.status]++
    this.#writer.remove(event)
    if (verdict.status !== 'failed') return
    const { status: _, ...reason } = verdict
    this.#notify(this.#options.onFailed, { event: toEvent(event), ...reason })
  }

  #drop(event: PendingEvent, reason: DropReason): void {
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + 1
    this.#writer.remove(event)
    this.#notify(this.#options.onDropped, { event: toEvent(event), reason })
  }

  /** Errors of a callback go to `onError`, but errors of `onError` are ignored. */
  #notify<Value>(callback: ((value: Value) => void) | undefined, value: Value): void {
    const { onError } = this.#options
    notify(callback, value, callback === onError ? undefined : (error) => notify(onError, error))
  }
}

function toSpooled(event: NewEvent, sessionId: string): SpooledEvent {
  // All keys exist before the spread: adding one later would create a hidden class per object.
  const whole: Record<string, unknown> = { event_id: undefined, session_id: undefined, timestamp: undefined, ...event }
  if (whole.event_id === undefined) whole.event_id = uuid()
  if (whole.timestamp === undefined) whole.timestamp = new Date()
  if (whole.session_id !== undefined && whole.session_id !== sessionId) {
    throw badRequest([{ path: 'session_id', message: 'is not this session’s; leave it out' }])
  }
  whole.session_id = sessionId
  const parsed = parseEvent(whole)
  if (parsed.success) return { session_id: sessionId, event_id: parsed.data.event_id, json: stringifyJson(parsed.data) }
  throw badRequest(toIssues(parsed.error), { issues_omitted: omittedFrom(parsed.error), cause: parsed.error })
}
