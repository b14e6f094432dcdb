import type { MCPHealthResponse } from '@achilles/mcp-contract'
import type { LinkHealth } from './core/link-health.ts'

/** The gateway's own health, asked by `/health` and `/readyz` without a call to Core. */
export class GatewayHealth {
  /** True after a stop signal. */
  draining = false
  readonly #link: LinkHealth
  readonly #startedAt = performance.now()

  constructor(link: LinkHealth) {
    this.#link = link
  }

  get ready(): boolean {
    return !this.draining && !this.#link.degraded
  }

  read(): MCPHealthResponse {
    return {
      status: this.draining ? 'draining' : this.#link.degraded ? 'degraded' : 'ok',
      uptime_seconds: (performance.now() - this.#startedAt) / 1000,
      accepting_signals: this.ready,
      last_ingest_error_at: this.#link.lastIngestErrorAt,
    }
  }
}
