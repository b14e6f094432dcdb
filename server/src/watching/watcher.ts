import type { InsightOut } from '@achilles/mcp-contract'
import type { InsightPage } from './insight-page.ts'
import { type Instant, isAfter, nextInstant, toInstant } from './instant.ts'
import { getJsonText } from './json-text.ts'

/** Whether Core could be reached last. */
export type WatchStatus = 'degraded' | 'ok'

export interface WatcherOptions {
  /** RFC 3339. */
  since?: string | undefined
  /** The insight to continue after. */
  lastEventId?: string | undefined
  onStatus?: ((status: WatchStatus) => void) | undefined
  /** Called when the watcher has room for another page. */
  onRoom(): void
  onSend(insights: number): void
  onEnd(reason: EndReason, sent: number): void
}

/** `closed`: by its reader. All but a fault end the iteration normally, and the reader may resume elsewhere. */
export type EndReason = 'closed' | 'drained' | 'slow_reader' | 'fault'

/** Before every insight: without `since` Core returns the newest ones. */
const START: Instant = { nanoseconds: -62_135_596_800_000_000_000n, text: '0001-01-01T00:00:00Z' }

/** What may wait for a slow reader; a single page always may. */
const MAX_WAITING = { insights: 1000, characters: 1024 * 1024 }

/** Far more than a Core that updates insights in place sends twice. */
const MAX_REMEMBERED = 256

/** One reader of a session's insights: each of them once, in the order of their times. */
export class Watcher implements AsyncIterableIterator<InsightOut, undefined> {
  /** Settles when Core was queried for the first time; rejects if the watcher ends before. */
  readonly opened: Promise<void>
  readonly #options: WatcherOptions
  readonly #start: Instant
  #position: Instant
  #resumeAfter: string | undefined
  #isBehind = true
  #isDegraded = false
  readonly #remembered = new Set<string>()
  #waiting: InsightOut[] = []
  #waitingCharacters = 0
  #reader: Reader | undefined
  #ended: { error?: unknown } | undefined
  #sent = 0
  #onOpened: () => void = () => {}
  #onUnopened: (error: unknown) => void = () => {}

  constructor(options: WatcherOptions) {
    this.#options = options
    this.#start = toInstant(options.since ?? '') ?? START
    this.#position = this.#start
    this.#resumeAfter = options.lastEventId
    this.opened = new Promise((resolve, reject) => {
      this.#onOpened = resolve
      this.#onUnopened = reject
    })
    // Also rejects if nothing waits for it any more.
    this.opened.catch(() => {})
  }

  /** The time from which it has yet to see insights. */
  get position(): Instant {
    return this.#position
  }

  /** There are older insights than the next poll would find. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  /** A reader that is behind gets a page only after it has read the previous one. */
  get hasRoom(): boolean {
    return !this.#isBehind || this.#waiting.length === 0
  }

  /** Takes its part of a page that begins at or before its position. Returns whether anything was new. */
  receive(page: InsightPage): boolean {
    this.#onOpened()
    const from = this.#skipReceived(page)
    if (from === undefined) return false
    const fresh = page.insights
      .slice(from)
      .filter(({ insight, at }) => !this.#remembered.has(insight.insight_id) && this.#isDue(at))
    for (const { insight } of fresh) this.#remember(insight.insight_id)
    this.#advance(page)
    this.#push(fresh.map(({ insight }) => insight))
    return fresh.length > 0
  }

  /** Whether Core is away. */
  setDegraded(isDegraded: boolean): void {
    if (isDegraded) this.#onOpened()
    if (this.#isDegraded === isDegraded) return
    this.#isDegraded = isDegraded
    this.#options.onStatus?.(isDegraded ? 'degraded' : 'ok')
  }

  async next(): Promise<IteratorResult<InsightOut, undefined>> {
    const insight = this.#waiting.shift()
    if (insight) {
      this.#waitingCharacters -= getJsonText(insight).length
      if (this.#waiting.length === 0 && this.#isBehind) this.#options.onRoom()
      return { done: false, value: insight }
    }
    if (this.#ended) {
      if ('error' in this.#ended) throw this.#ended.error
      return { done: true, value: undefined }
    }
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject }
    })
  }

  async return(): Promise<IteratorResult<InsightOut, undefined>> {
    this.end('closed')
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Discards what waits: the reader resumes after the insight that it received last. */
  end(reason: Exclude<EndReason, 'fault'>): void {
    this.#waiting = []
    this.#end(reason, {})
  }

  /** Ends it with an error, after what waits has been read. */
  fail(error: unknown): void {
    this.#onUnopened(error)
    this.#end('fault', { error })
  }

  #end(reason: EndReason, ended: { error?: unknown }): void {
    if (this.#ended) return
    this.#ended = ended
    this.#onOpened()
    if ('error' in ended) this.#reader?.reject(ended.error)
    else this.#reader?.resolve({ done: true, value: undefined })
    this.#reader = undefined
    this.#options.onEnd(reason, this.#sent)
  }

  /** Where the insights after the last received one begin; undefined while that is yet to be found. */
  #skipReceived({ since, insights, isFull, end }: InsightPage): number | undefined {
    if (this.#resumeAfter === undefined) return 0
    const index = insights.findIndex(({ insight }) => insight.insight_id === this.#resumeAfter)
    const last = insights[index]?.at
    if (last) {
      const received = insights.slice(0, index + 1).filter(({ at }) => at.nanoseconds === last.nanoseconds)
      for (const { insight } of received) this.#remember(insight.insight_id)
      this.#resumeAfter = undefined
      this.#position = isAfter(this.#start, last) ? this.#start : last
      return index + 1
    }
    if (isFull && end && isAfter(end, this.#position)) {
      this.#position = end
      return undefined
    }
    // A page for others, which ends before its position.
    if (isFull && isAfter(this.#position, since)) return undefined
    // Core does not have it: begin again.
    this.#resumeAfter = undefined
    this.#position = this.#start
    return undefined
  }

  #isDue(at: Instant): boolean {
    return at.nanoseconds >= this.#position.nanoseconds
  }

  #advance({ since, isFull, end }: InsightPage): void {
    const before = this.#position
    if (end && isAfter(end, before)) {
      this.#position = end
      this.#isBehind = isFull
    } else if (!isFull) this.#isBehind = false
    else if (end && before.nanoseconds === since.nanoseconds) {
      // A full page that begins here and leads no further: of one time, or of a Core that ignores `since`.
      if (end.nanoseconds === before.nanoseconds) this.#position = nextInstant(end)
      else this.#isBehind = false
    }
  }

  #remember(id: string): void {
    this.#remembered.add(id)
    if (this.#remembered.size <= MAX_REMEMBERED) return
    const [oldest = ''] = this.#remembered
    this.#remembered.delete(oldest)
  }

  #push(insights: readonly InsightOut[]): void {
    const hadRoom = this.#waiting.length === 0
    for (const insight of insights) {
      if (this.#reader) {
        this.#reader.resolve({ done: false, value: insight })
        this.#reader = undefined
      } else {
        this.#waiting.push(insight)
        this.#waitingCharacters += getJsonText(insight).length
      }
    }
    this.#sent += insights.length
    this.#options.onSend(insights.length)
    const { insights: maxInsights, characters } = MAX_WAITING
    if (!hadRoom && (this.#waiting.length > maxInsights || this.#waitingCharacters > characters))
      this.end('slow_reader')
  }
}

interface Reader {
  resolve(result: IteratorResult<InsightOut, undefined>): void
  reject(error: unknown): void
}
