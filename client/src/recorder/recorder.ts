import {
  findObjectFault,
  isPlainObject,
  type JsonObject,
  omittedFrom,
  parseJson,
  stringifyJson,
  toIssue,
  toIssues,
} from '@achilles/mcp-contract'
import type { CallContext } from '../call-context.ts'
import type { GatewayClient } from '../gateway-client.ts'
import { badRequest, GatewayError, localError } from '../gateway-error.ts'
import { notify } from '../notify.ts'
import { rejectOnAbort } from '../retry.ts'
import { type EntryKind, type Spool, type SpoolEntry, toEntryKey } from '../spool/spool.ts'
import { withResolvers, withTimeout } from '../timers.ts'
import { uuid } from '../uuid.ts'
import { parseEvent } from './event-schema.ts'
import { isSameSession, type Opening, readOpening, writeOpening } from './opening.ts'
import type { PendingEntry } from './pending-entries.ts'
import type { DropReason, NewEvent, RecordedEntry, RecorderOptions } from './recorder-options.ts'
import { type OpenedSession, type OpenSession, SessionCalls } from './session-calls.ts'
import { type SenderOptions, SessionSender, type SessionState } from './session-sender.ts'
import { SpoolWriter } from './spool-writer.ts'
import type { Verdict } from './verdict.ts'

/** What became of the entries of one kind: `recorded` is the sum of all but `recovered`. */
export interface Counts {
  /** Recorded by this session, or left in the spool by earlier runs. */
  recorded: number
  /** The part of `recorded` that earlier runs left. */
  recovered: number
  /** Core has stored it. */
  accepted: number
  /** Core had stored it before, or it was recorded twice. */
  duplicate: number
  /** Rejected for good and reported to `onFailed`. */
  failed: number
  /** Dropped before Core accepted or rejected it, by reason, and reported to `onDropped`. */
  dropped: Partial<Record<DropReason, number>>
  pending: number
}

/** What became of everything recorded: of events, and of each other kind of entry. */
export interface Ledger extends Counts {
  opening: Counts
  snapshots: Counts
  performance: Counts
  end: Counts
  /** How often a key was removed because the gateway, an older one, does not know it. */
  stripped: Record<string, number>
}

/** The id of each session's opening, and of its end. */
const OPENING = 'opening'
const END = 'end'

/** A session that an earlier run left in the spool. */
interface RecoveredSession {
  sender: SessionSender
  /** Absent for events of version 0.1.0, which hold the id of Core's session. */
  opening: SpoolEntry | undefined
}

/**
 * Records everything of one session and stores it in the spool until Core has accepted or rejected it. Also sends what
 * earlier runs left there, one session after another.
 */
export class Recorder {
  readonly #gateway: GatewayClient
  readonly #opening: Opening
  readonly #openingEntry: SpoolEntry
  readonly #options: RecorderOptions
  readonly #spool: Spool
  readonly #writer: SpoolWriter
  readonly #calls: SessionCalls
  readonly #sender: SessionSender
  /** By the client's reference to the session. */
  readonly #recovered = new Map<string, RecoveredSession>()
  /** Recovered sessions whose turn has not come, oldest first; and the one whose turn it is. */
  readonly #queue: SessionSender[] = []
  #active: SessionSender | undefined
  readonly #counts: Record<EntryKind, Counts> = {
    opening: noCounts(),
    event: noCounts(),
    snapshot: noCounts(),
    performance: noCounts(),
    end: noCounts(),
  }
  readonly #stripped: Record<string, number> = {}
  readonly #opened = withResolvers<OpenSession & OpenedSession>()
  readonly #maxPending: number
  readonly #maxPendingBytes: number
  #mayRecover = true
  #recovering: Promise<void> | undefined
  #closed = false
  #closing: Promise<void> | undefined
  #ended: unknown
  #endFailure: GatewayError | undefined

  constructor(gateway: GatewayClient, opening: Opening, spool: Spool, options: RecorderOptions) {
    const { maxPending = 10_000, maxPendingBytes = 64 * 2 ** 20 } = options
    this.#gateway = gateway
    this.#opening = opening
    this.#options = options
    this.#spool = spool
    this.#maxPending = maxPending
    this.#maxPendingBytes = maxPendingBytes
    this.#writer = new SpoolWriter(spool, (error) => this.#notify(options.onError, error))
    this.#calls = this.#createCalls()
    this.#sender = this.#createSender({
      calls: this.#calls,
      open: (signal) => this.#open(signal),
      onError: () => {},
      onIdle: () => void this.recover(),
      onState: (state) => this.#notify(options.onStateChange, state),
    })
    this.#openingEntry = { session: uuid(), id: OPENING, kind: 'opening', json: writeOpening(opening) }
    this.#count(this.#openingEntry)
    this.#writer.add(this.#openingEntry)
    // Whoever does not wait for it is not told by an unhandled rejection.
    this.#opened.promise.catch(() => {})
  }

  /** Rejects if the session ends before it could be opened. */
  get opened(): Promise<OpenSession & OpenedSession> {
    return this.#opened.promise
  }

  get state(): SessionState {
    return this.#sender.state
  }

  get context(): CallContext {
    return this.#calls.context
  }

  /** @throws GatewayError `SERVICE_UNAVAILABLE` while the session cannot be opened; the signal's reason. */
  async untilOpened(signal: AbortSignal | undefined): Promise<OpenSession> {
    const { connection, reason } = this.state
    if (connection === 'offline' && !this.#sender.session) {
      throw localError('SERVICE_UNAVAILABLE', `The session could not be opened yet: ${reason}`)
    }
    return rejectOnAbort(this.#opened.promise, signal)
  }

  /** Begins to open the session and to send what earlier runs left. */
  start(): void {
    this.#sender.start()
    void this.recover()
  }

  retryNow(): void {
    for (const sender of this.#senders) sender.retryNow()
  }

  /**
   * Records an event and returns its id.
   * @throws GatewayError with the path of each invalid field, or after the session has ended; nothing is recorded then.
   */
  record(event: NewEvent): string {
    this.#requireOpen()
    const recorded = toEventEntry(event)
    const kept = this.#options.beforeSend ? this.#applyBeforeSend(recorded) : recorded
    if (kept) this.#record('event', kept.id, kept.json)
    return (kept ?? recorded).id
  }

  /**
   * Records an entry that is sent in a call of its own, and returns its id.
   * @throws GatewayError with the path of a value that JSON cannot represent, or after the session has ended.
   */
  recordCall(kind: 'snapshot' | 'performance', input: object): string {
    this.#requireOpen()
    const id = uuid()
    this.#record(kind, id, writeJson(input))
    return id
  }

  /** Resolves once everything recorded so far is in the spool; rejects if the spool cannot store it. */
  persisted(): Promise<void> {
    return this.#writer.written()
  }

  /** Resolves once everything recorded so far, here and by earlier runs, is settled. */
  async flush(signal?: AbortSignal): Promise<void> {
    await this.#recovering
    await Promise.all(this.#senders.map((sender) => sender.flush(signal)))
  }

  /**
   * Records the end, or without a status that the session stays as it is; then takes no more entries and flushes for at
   * most `deadlineMs`. What is still pending stays in a durable spool, or is dropped. Resolves to what Core returned for
   * the end; undefined if it is still to be sent.
   */
  async close(deadlineMs: number, end: { status?: string; end_time?: string | Date } = {}): Promise<unknown> {
    this.#closing ??= this.#close(deadlineMs, end)
    await this.#closing
    if (this.#endFailure) throw this.#endFailure
    return this.#ended
  }

  ledger(): Ledger {
    const { event, opening, snapshot, performance, end } = this.#counts
    const copy = (counts: Counts): Counts => ({ ...counts, dropped: { ...counts.dropped } })
    return {
      ...copy(event),
      opening: copy(opening),
      snapshots: copy(snapshot),
      performance: copy(performance),
      end: copy(end),
      stripped: { ...this.#stripped },
    }
  }

  /**
   * Takes over what earlier runs left in the spool, as much as may be pending at once. What cannot be recovered is tried
   * again once nothing is pending.
   */
  recover(): Promise<void> {
    this.#recovering ??= this.#recover().finally(() => {
      this.#recovering = undefined
    })
    return this.#recovering
  }

  async #recover(): Promise<void> {
    try {
      while (this.#mayRecover && !this.#closed && this.#pendingCount < this.#maxPending) {
        const entries = await this.#spool.recover()
        if (entries.length === 0) this.#mayRecover = false
        const sessions = new Map<string, SpoolEntry[]>()
        for (const entry of entries) {
          const own = sessions.get(entry.session)
          if (own) own.push(entry)
          else sessions.set(entry.session, [entry])
        }
        for (const [session, own] of sessions) this.#takeOver(session, own)
      }
    } catch (error) {
      this.#notify(this.#options.onError, error)
    }
    this.#startNext()
  }

  get #senders(): SessionSender[] {
    return [this.#sender, ...[...this.#recovered.values()].map(({ sender }) => sender)]
  }

  get #pendingCount(): number {
    let count = this.#sender.pending.count
    for (const { sender } of this.#recovered.values()) count += sender.pending.count
    return count
  }

  get #pendingBytes(): number {
    let bytes = this.#sender.pending.bytes
    for (const { sender } of this.#recovered.values()) bytes += sender.pending.bytes
    return bytes
  }

  async #open(signal: AbortSignal): Promise<OpenSession> {
    const opened = await this.#calls.open(this.#opening, true, signal)
    this.#settleOpening()
    this.#opened.resolve(opened)
    return opened
  }

  #requireOpen(): void {
    if (this.#closed) throw localError('CONFLICT', 'The session has ended: nothing more is recorded.')
  }

  #record(kind: EntryKind, id: string, json: string): void {
    const entry: SpoolEntry = { session: this.#openingEntry.session, id, kind, json }
    const counts = this.#count(entry)
    if (!this.#sender.add(entry)) {
      counts.duplicate++
      counts.pending--
      return
    }
    this.#writer.add(entry)
    while (this.#pendingCount > this.#maxPending || this.#pendingBytes > this.#maxPendingBytes) {
      if (!this.#dropOldest()) break
    }
    this.#sender.wake()
  }

  #dropOldest(): boolean {
    for (const sender of [...this.#senders.slice(1), this.#sender]) {
      const dropped = sender.pending.dropOldest()
      if (!dropped) continue
      this.#drop(dropped, 'overflow')
      return true
    }
    return false
  }

  /** Undefined if the event is not to be recorded. */
  #applyBeforeSend(recorded: { id: string; json: string }): { id: string; json: string } | undefined {
    const { beforeSend, onError } = this.#options
    try {
      const event = beforeSend?.(parseJson(recorded.json, { decimals: 'nearest' }) as NewEvent)
      if (event) return toEventEntry(event)
    } catch (error) {
      // Not sent as it was: what it contains may be what had to be removed.
      this.#notify(onError, error)
    }
    const { event } = this.#counts
    event.recorded++
    event.dropped.beforeSend = (event.dropped.beforeSend ?? 0) + 1
    return undefined
  }

  #takeOver(session: string, entries: readonly SpoolEntry[]): void {
    // Kinds of a newer version are left to it.
    const known = entries.filter(({ kind }) => Object.hasOwn(this.#counts, kind))
    const readable = known.filter((entry) => this.#isReadable(entry))
    const opening = readable.find(({ kind }) => kind === 'opening')
    const recovered = this.#recovered.get(session) ?? this.#createRecovered(session, opening)
    for (const entry of readable) {
      if (entry.kind === 'opening') continue
      const sendable = opening || recovered.opening ? entry : withoutSessionId(entry)
      if (recovered.sender.add(sendable)) this.#count(entry).recovered++
    }
    if (opening && !readable.some(({ kind }) => kind === 'end')) this.#addEnd(recovered.sender, opening, readable)
    if (!this.#queue.includes(recovered.sender)) this.#queue.push(recovered.sender)
  }

  #isReadable(entry: SpoolEntry): boolean {
    try {
      if (isPlainObject(parseJson(entry.json))) return true
    } catch {}
    this.#notify(this.#options.onError, new Error(`The spool holds an entry that is no JSON object: ${entry.id}`))
    this.#writer.remove(entry)
    return false
  }

  #createRecovered(session: string, opening: SpoolEntry | undefined): RecoveredSession {
    const calls = opening ? this.#createCalls() : this.#calls
    const left = opening && readOpening(opening.json)
    const sender: SessionSender = this.#createSender({
      calls,
      open: async (signal) => {
        if (!left) return { sessionId: session, limits: (await this.opened).limits }
        const opened = await calls.open(left, false, signal)
        this.#settleOpening()
        return opened
      },
      // While the own session is online, what fails is specific to this one: others need not wait for it.
      onError: () => this.state.connection === 'online' && this.#startNext(sender),
      onIdle: () => {
        if (sender.pending.count === 0) this.#forgetRecovered(session)
        this.#startNext(sender)
        void this.recover()
      },
      onState: () => {},
    })
    const recovered: RecoveredSession = { sender, opening }
    if (opening) this.#count(opening).recovered++
    this.#recovered.set(session, recovered)
    return recovered
  }

  /** The run of a session without an end was killed; nobody else will end it, unless this session is the same one. */
  #addEnd(sender: SessionSender, opening: SpoolEntry, entries: readonly SpoolEntry[]): void {
    const left = readOpening(opening.json)
    const mayContinue = this.#spool.recoversLiving || isSameSession(left, this.#opening)
    const lastEvent = entries.filter(({ kind }) => kind === 'event').at(-1)
    const { timestamp = left.session.start_time } = lastEvent
      ? (parseJson(lastEvent.json) as { timestamp?: string })
      : {}
    const input = mayContinue ? {} : { status: 'abandoned', end_time: timestamp }
    const end: SpoolEntry = { session: opening.session, id: END, kind: 'end', json: writeJson(input) }
    if (sender.add(end)) this.#count(end).recovered++
  }

  /**
   * Starts the next recovered session, unless it is the turn of another one.
   * @param previous has had its turn
   */
  #startNext(previous?: SessionSender): void {
    if (this.#active === previous) this.#active = undefined
    if (this.#closed || this.#active) return
    this.#active = this.#queue.shift()
    this.#active?.start()
  }

  #forgetRecovered(session: string): void {
    const { opening } = this.#recovered.get(session) ?? {}
    this.#recovered.delete(session)
    if (opening) this.#forget(opening)
  }

  #forget(opening: SpoolEntry): void {
    this.#writer.remove(opening)
    this.#writer.remove({ session: opening.session, id: END })
  }

  async #close(deadlineMs: number, end: { status?: string; end_time?: string | Date }): Promise<void> {
    this.#closed = true
    const isDone = () => this.#sender.session !== undefined && this.#sender.pending.count === 0
    // Without an end, a later run would take the session for one that was killed.
    if (end.status !== undefined || (this.#spool.durable && !isDone())) this.#record('end', END, writeJson(end))
    if (deadlineMs > 0) await withTimeout('The flush', deadlineMs, (signal) => this.flush(signal)).catch(() => {})
    await Promise.all(this.#senders.map((sender) => sender.stop()))
    if (isDone()) this.#forget(this.#openingEntry)
    if (!this.#spool.durable) this.#dropAll(() => true)
    const unwritten = await this.#writer.close()
    this.#dropAll(({ key }) => unwritten.has(key))
    const isLost = !this.#spool.durable || unwritten.has(toEntryKey(this.#openingEntry))
    if (isLost && !this.#sender.session) {
      const { opening } = this.#counts
      opening.pending--
      opening.dropped.ended = 1
    }
    this.#opened.reject(localError('CONFLICT', 'The session ended before it could be opened.'))
  }

  #settleOpening(): void {
    const { opening } = this.#counts
    opening.accepted++
    opening.pending--
  }

  #settle(entry: PendingEntry, verdict: Verdict, response: unknown): void {
    const counts = this.#counts[entry.kind]
    counts[verdict.status]++
    counts.pending--
    // The end stays in the spool as long as the opening: a later run would take a session without one for killed.
    if (entry.kind !== 'end') this.#writer.remove(entry)
    if (verdict.status !== 'failed') {
      if (this.#isOwnEnd(entry)) this.#ended = response
      return
    }
    const { status: _, ...reason } = verdict
    if (reason.problem && this.#isOwnEnd(entry)) this.#endFailure = new GatewayError(reason.problem)
    this.#notify(this.#options.onFailed, { ...toRecorded(entry), ...reason })
  }

  #drop(entry: PendingEntry, reason: DropReason): void {
    const counts = this.#counts[entry.kind]
    counts.dropped[reason] = (counts.dropped[reason] ?? 0) + 1
    counts.pending--
    this.#writer.remove(entry)
    if (this.#isOwnEnd(entry))
      this.#endFailure = localError('GATEWAY_TIMEOUT', 'The session could not be ended in time.')
    this.#notify(this.#options.onDropped, { ...toRecorded(entry), reason })
  }

  #isOwnEnd({ kind, session, json }: SpoolEntry): boolean {
    return kind === 'end' && session === this.#openingEntry.session && json !== '{}'
  }

  #dropAll(isDropped: (entry: PendingEntry) => boolean): void {
    for (const { pending } of this.#senders) {
      for (const entry of pending.dropAll(isDropped)) this.#drop(entry, 'ended')
    }
  }

  #count({ kind }: SpoolEntry): Counts {
    const counts = this.#counts[kind]
    counts.recorded++
    counts.pending++
    return counts
  }

  #createCalls(): SessionCalls {
    return new SessionCalls(this.#gateway, (key) => {
      const isFirst = this.#stripped[key] === undefined
      this.#stripped[key] = (this.#stripped[key] ?? 0) + 1
      if (!isFirst) return
      const detail = `The gateway does not know ${key}: it is an older version. The key is left out.`
      this.#notify(
        this.#options.onError,
        localError('BAD_REQUEST', detail, { issues: [{ path: key, message: 'unknown key' }] }),
      )
    })
  }

  #createSender(options: Pick<SenderOptions, 'calls' | 'open' | 'onError' | 'onIdle' | 'onState'>): SessionSender {
    const { flushIntervalMs = 2_000, onError } = this.#options
    return new SessionSender({
      ...options,
      flushIntervalMs,
      unref: this.#spool.durable,
      onVerdict: (entry, verdict, response) => this.#settle(entry, verdict, response),
      onError: (error) => {
        this.#notify(onError, error)
        options.onError(error)
      },
    })
  }

  /** What the callback throws is reported to `onError` and has no other effect. */
  #notify<Value>(callback: ((value: Value) => void) | undefined, value: Value): void {
    const { onError } = this.#options
    notify(callback, value, callback === onError ? undefined : (error) => notify(onError, error))
  }
}

const noCounts = (): Counts => ({
  recorded: 0,
  recovered: 0,
  accepted: 0,
  duplicate: 0,
  failed: 0,
  dropped: {},
  pending: 0,
})

/** Core's session id is added when the event is sent. */
function toEventEntry(event: NewEvent): { id: string; json: string } {
  if ((event as { session_id?: unknown })?.session_id !== undefined) {
    throw badRequest([{ path: 'session_id', message: 'is added when the event is sent; leave it out' }])
  }
  // Not spread after: a key added to a spread object creates a hidden class per event.
  const whole: Record<string, unknown> = { event_id: undefined, timestamp: undefined, ...event }
  if (whole.event_id === undefined) whole.event_id = uuid()
  if (whole.timestamp === undefined) whole.timestamp = new Date()
  const parsed = parseEvent(whole)
  if (parsed.success) return { id: parsed.data.event_id, json: stringifyJson(parsed.data) }
  throw badRequest(toIssues(parsed.error), { issues_omitted: omittedFrom(parsed.error), cause: parsed.error })
}

/** @throws GatewayError with the path of a value that JSON cannot represent. */
function writeJson(input: object): string {
  const fault = findObjectFault(input)
  if (fault) throw badRequest([toIssue(fault.path, fault.message)])
  return stringifyJson(input)
}

/** An event of version 0.1.0 without the id of its session, which is added again when it is sent. */
function withoutSessionId(entry: SpoolEntry): SpoolEntry {
  const { session_id: _, ...event } = parseJson(entry.json) as JsonObject
  return { ...entry, json: stringifyJson(event) }
}

/** An entry as callbacks get it. */
const toRecorded = ({ kind, id, json }: SpoolEntry): RecordedEntry => ({
  kind,
  id,
  entry: parseJson(json, { decimals: 'nearest' }) as JsonObject,
})
