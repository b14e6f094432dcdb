import type { Ledger } from '@achilles/mcp-client'

/** What went wrong last, for as long as nothing shows that it is over. */
export class LatestFailure {
  #failure: { reason: string; settled: number } | undefined

  set(error: unknown, ledger: Ledger | undefined): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#failure = { reason, settled: settled(ledger) }
  }

  clear(): void {
    this.#failure = undefined
  }

  /** Why, for a person; undefined once Core has answered for any event since. */
  reason(ledger: Ledger | undefined): string | undefined {
    return this.#failure?.settled === settled(ledger) ? this.#failure.reason : undefined
  }
}

const settled = (ledger: Ledger | undefined): number =>
  ledger ? ledger.accepted + ledger.duplicate + ledger.failed : 0
