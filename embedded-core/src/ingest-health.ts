import type { MCPHealthResponse } from '@achilles/mcp-contract'
import type { DatabaseHealth } from './database-health.ts'

/** Builds the health response; records when events last could not be stored. */
export class IngestHealth {
  readonly #database: DatabaseHealth
  readonly #now: () => number
  readonly #startedAt = performance.now()
  #lastIngestErrorAt: string | null = null

  constructor(database: DatabaseHealth, now: () => number) {
    this.#database = database
    this.#now = now
  }

  /** Returns `ingest`; records the time if it fails. */
  async track<Result>(ingest: Promise<Result>): Promise<Result> {
    try {
      return await ingest
    } catch (error) {
      this.#lastIngestErrorAt = new Date(this.#now()).toISOString()
      throw error
    }
  }

  async getResponse(): Promise<MCPHealthResponse & { database_failures: number }> {
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
