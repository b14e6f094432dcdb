import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type InsightOut, isGatewayError, type NewEvent, type Session } from '@achilles/mcp-client'
import { callBack } from './call-back.ts'
import { EarlyEvents } from './early-events.ts'
import { keepTrying } from './keep-trying.ts'
import type { KeeperOptions, Opening } from './keeper-options.ts'
import { LatestFailure } from './latest-failure.ts'
import { Pause } from './pause.ts'
import type { Standing } from './standing.ts'

/** Keeps one session open: tries until it is, holds what happens before, and opens another where that is asked for. */
export class SessionKeeper {
  readonly #options: KeeperOptions
  readonly #early: EarlyEvents
  readonly #pause = new Pause()
  readonly #failure = new LatestFailure()
  readonly #leaving = new Set<Promise<void>>()
  #giveUp = new AbortController()
  #trying: Promise<void> = Promise.resolve()
  #session: Session | undefined
  #ended: Promise<void> | undefined

  constructor(options: KeeperOptions) {
    this.#options = options
    this.#early = new EarlyEvents(options.maxEarly)
  }

  /** Opens a session, for as long as it takes; where one is open already it ends, and what it still holds is sent. */
  open(): void {
    if (this.#ended) return
    this.#giveUp.abort()
    this.#giveUp = new AbortController()
    this.#failure.clear()
    if (this.#session) this.#leave(this.#session, 5_000)
    this.#session = undefined
    this.#trying = this.#try(this.#giveUp.signal)
  }

  /** Something has changed that may have been in the way: the next attempt is due now. */
  retry(): void {
    this.#pause.cutShort()
  }

  /** Records an event, or holds it until the session is open. */
  record(event: NewEvent): void {
    if (this.#ended) return
    if (this.#session) this.#recordIn(this.#session, event)
    else this.#early.add(event)
  }

  /** What Core makes of the session; nothing until it is open. */
  async insights(): Promise<InsightOut[]> {
    return (await this.#session?.insights()) ?? []
  }

  standing(): Standing {
    const ledger = this.#session?.ledger()
    const reason = this.#failure.reason(ledger)
    const online = this.#session ? 'online' : 'opening'
    const link = this.#ended ? 'ended' : reason === undefined ? online : 'offline'
    return { link, reason, early: this.#early.count, earlyDropped: this.#early.dropped, ledger }
  }

  /** Ends the session within so many milliseconds; where none is open but events wait, it is tried once more. */
  end(withinMs: number): Promise<void> {
    this.#ended ??= this.#finish(Date.now() + withinMs)
    return this.#ended
  }

  async #try(signal: AbortSignal): Promise<void> {
    const opening: Opening = {
      externalSessionKey: randomUUID(),
      startTime: this.#early.since ?? new Date(),
      signal,
      onError: (error) => {
        if (!signal.aborted && isGatewayError(error)) this.#failure.set(error, this.#session?.ledger())
        this.#report(error)
      },
    }
    const session = await keepTrying(() => this.#options.open(opening), {
      signal,
      pause: this.#pause,
      onFailure: (error) => {
        this.#failure.set(error, this.#session?.ledger())
        this.#report(error)
      },
    })
    if (session && signal.aborted) this.#leave(session, 1_000)
    else if (session) this.#begin(session)
  }

  #begin(session: Session): void {
    this.#session = session
    this.#failure.clear()
    for (const event of this.#early.takeAll()) this.#recordIn(session, event)
    callBack(
      (opened: Session) => this.#options.onOpen(opened),
      session,
      (fault) => this.#report(fault),
    )
  }

  #recordIn(session: Session, event: NewEvent): void {
    try {
      session.record(event)
    } catch (error) {
      this.#report(error)
    }
  }

  async #finish(until: number): Promise<void> {
    if (!this.#session && this.#early.count > 0) {
      this.retry()
      await Promise.race([this.#trying, sleep((until - Date.now()) / 3)])
    }
    this.#giveUp.abort()
    if (this.#session) this.#leave(this.#session, until - Date.now())
    // A session that opened at the last moment is left as well.
    await Promise.race([this.#trying, sleep(until - Date.now(), undefined, { ref: false })])
    await Promise.all(this.#leaving)
  }

  #leave(session: Session, deadlineMs: number): void {
    const leaving = session
      .end('completed', { deadlineMs })
      .then(
        () => {},
        (error: unknown) => this.#report(error),
      )
      .finally(() => this.#leaving.delete(leaving))
    this.#leaving.add(leaving)
  }

  /** Nobody is left to tell where this fails: the editor closes its log before its extensions have ended. */
  #report(error: unknown): void {
    callBack((fault) => this.#options.onError(fault), error)
  }
}
