import type { MCPHealthResponse } from '@achilles/mcp-contract'

/** Tells how the embedded Core is, and remembers when it last could not store events. */
export class IngestHealth {
  readonly #now: () => number
  readonly #startedAt: number
  #lastIngestErrorAt: string | null = null

  constructor(now: () => number) {
    this.#now = now
    this.#startedAt = now()
  }

  /** Passes the outcome of an ingest on and takes note of a failure. */
  async watch<Answer>(ingest: Promise<Answer>): Promise<Answer> {
    try {
      return await ingest
    } catch (error) {
      this.#lastIngestErrorAt = new Date(this.#now()).toISOString()
      throw error
    }
  }

  answer(): MCPHealthResponse {
    return {
      status: 'ok',
      uptime_seconds: Math.max(0, (this.#now() - this.#startedAt) / 1000),
      accepting_signals: true,
      last_ingest_error_at: this.#lastIngestErrorAt,
    }
  }
}
