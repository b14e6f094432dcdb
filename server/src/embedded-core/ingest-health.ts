import type { MCPHealthResponse } from '@achilles/mcp-contract'
import type { DatabaseHealth } from './database-health.ts'

/** Reports how the embedded Core is, and remembers when it last could not store events. */
export class IngestHealth {
  readonly #database: DatabaseHealth
  readonly #now: () => number
  readonly #startedAt = performance.now()
  #lastIngestErrorAt: string | null = null

  constructor(database: DatabaseHealth, now: () => number) {
    this.#database = database
    this.#now = now
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

  async answer(): Promise<MCPHealthResponse & { database_failures: number }> {
    await this.#database.check()
    const { isDown, failures } = this.#database
    return {
      status: isDown ? 'degraded' : 'ok',
      uptime_seconds: (performance.now() - this.#startedAt) / 1000,
      accepting_signals: !isDown,
      last_ingest_error_at: this.#lastIngestErrorAt,
      database_failures: failures,
    }
  }
}
