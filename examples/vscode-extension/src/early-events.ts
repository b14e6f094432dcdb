import type { NewEvent } from '@achilles/mcp-client'

/** What happens before the session is open, each event with the time it happened at; past `max` the oldest goes. */
export class EarlyEvents {
  readonly #max: number
  #events: NewEvent[] = []
  #dropped = 0

  constructor(max: number) {
    this.#max = max
  }

  get count(): number {
    return this.#events.length
  }

  /** How many were given up. */
  get dropped(): number {
    return this.#dropped
  }

  /** When the oldest happened; undefined where there is none. */
  get since(): NewEvent['timestamp'] {
    return this.#events[0]?.timestamp
  }

  add(event: NewEvent): void {
    this.#events.push({ timestamp: new Date(), ...event })
    if (this.#events.length <= this.#max) return
    this.#events.shift()
    this.#dropped++
  }

  /** All of them, oldest first; none is left. */
  takeAll(): NewEvent[] {
    return this.#events.splice(0)
  }
}
