import type { MCPHealthResponse } from '@achilles/mcp-contract'
import type { UpstreamHealth } from './upstream/types.ts'

export type HealthCheck = { ok: true } | { ok: false; reason: string }

const check = (ok: boolean, reason: string): HealthCheck => (ok ? { ok } : { ok, reason })

/** For `/health` and `/readyz`. Makes no call to Core. */
export class GatewayHealth {
  draining = false
  readonly #upstream: UpstreamHealth
  readonly #startedAt = performance.now()

  constructor(upstream: UpstreamHealth) {
    this.#upstream = upstream
  }

  get ready(): boolean {
    return !this.draining && !this.#upstream.degraded
  }

  get checks(): Readonly<Record<'running' | 'core', HealthCheck>> {
    return {
      running: check(
        !this.draining,
        'The gateway is stopping: it completes in-flight requests and accepts no new ones.',
      ),
      core: check(
        !this.#upstream.degraded,
        'Most recent calls to Core failed: calls are rejected until a probe succeeds.',
      ),
    }
  }

  read(): MCPHealthResponse {
    return {
      status: this.draining ? 'draining' : this.#upstream.degraded ? 'degraded' : 'ok',
      uptime_seconds: (performance.now() - this.#startedAt) / 1000,
      accepting_signals: this.ready,
      last_ingest_error_at: this.#upstream.lastIngestErrorAt,
    }
  }
}
