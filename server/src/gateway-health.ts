import type { MCPHealthResponse } from '@achilles/mcp-contract'
import type { LinkHealth } from './core/link-health.ts'

/** One thing that readiness hangs on. */
export type HealthCheck = { ok: true } | { ok: false; reason: string }

const check = (ok: boolean, reason: string): HealthCheck => (ok ? { ok } : { ok, reason })

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

  /** What readiness hangs on, each with the reason where it fails. */
  get checks(): Readonly<Record<'running' | 'core', HealthCheck>> {
    return {
      running: check(!this.draining, 'The gateway is stopping: it answers what is in flight and takes nothing new.'),
      core: check(!this.#link.degraded, 'Most recent calls to Core failed: calls are refused until a probe succeeds.'),
    }
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
