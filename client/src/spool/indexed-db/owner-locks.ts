import { browser } from './browser.ts'

/**
 * Who of those that share a database is alive: each holds a Web Lock for itself, and one for each it has taken over from,
 * until it lets go or its page or worker ends, however that ends. Without Web Locks nobody is known to be alive.
 */
export class OwnerLocks {
  readonly #database: string
  readonly #held = new Map<string, () => Promise<void>>()

  constructor(database: string) {
    this.#database = database
  }

  /** Takes over from `owner`; false when another, itself for one, is holding its lock. */
  async take(owner: string): Promise<boolean> {
    if (this.#held.has(owner)) return false
    const { locks } = browser().navigator ?? {}
    if (!locks) {
      this.#held.set(owner, async () => {})
      return true
    }
    return new Promise((resolve, reject) => {
      const ended = locks.request(`${this.#database}/${owner}`, { ifAvailable: true }, async (lock) => {
        if (!lock) return resolve(false)
        await new Promise<void>((letGo) => {
          this.#held.set(owner, async () => {
            letGo()
            await ended
          })
          resolve(true)
        })
      })
      ended.catch(reject)
    })
  }

  async release(owner: string): Promise<void> {
    const release = this.#held.get(owner)
    this.#held.delete(owner)
    await release?.()
  }

  async releaseAll(): Promise<void> {
    await Promise.all([...this.#held.keys()].map((owner) => this.release(owner)))
  }
}
