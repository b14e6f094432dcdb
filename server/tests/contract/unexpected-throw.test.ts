import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { GatewayHealth } from '../../src/health.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { Upstream } from '../../src/upstream/upstream.ts'
import { InsightWatches } from '../../src/watching/insight-watches.ts'
import { MCP_HEADERS, toolCall } from '../support/tool-calls.ts'

class BrokenLink extends Upstream {
  override call(): Promise<never> {
    throw new TypeError('no secret may leave')
  }
}

const CALL = { method: 'POST', body: toolCall('signals.insights', '{"session_id":"s"}'), headers: MCP_HEADERS }

test.each<[path: string, status: number, init: RequestInit]>([
  ['/api/achilles/v1/mcp/health/core', 500, {}],
  ['/trpc/coreHealth', 500, {}],
  ['/mcp', 200, CALL],
])(
  'an unexpected throw: %s is an error without details; the cause is logged with the request id',
  async (path, status, init) => {
    const lines: string[] = []
    const log = createLog(
      'info',
      new Writable({
        write(chunk, _encoding, done) {
          lines.push(String(chunk))
          done()
        },
      }),
    )
    const telemetry = { log, metrics: createMetrics(), tracing: undefined }
    const limits = { timeoutMs: 1, maxRetries: 0, deadlineMs: 1, maxInFlight: 1, maxQueued: 0, groupForwarding: true }
    const core = { baseUrl: 'http://127.0.0.1:1', apiKey: 'k' }
    const link = new BrokenLink({
      ...limits,
      core,
      onCircuitChange: () => {},
      onIndivisible: () => {},
      onRejection: () => {},
    })
    const watches = new InsightWatches({ query: async () => [], telemetry })
    const app = createApp(
      { upstream: link, health: new GatewayHealth(link), telemetry, watches, maxBodyBytes: 1024 },
      {
        credentials: undefined,
        loopbackOnly: false,
        corsOrigins: [],
        rateLimiter: undefined,
        apiKeys: false,
        tokenIssuer: undefined,
        agentSources: [],
      },
    )

    const headers = { ...init.headers, 'x-request-id': 'req-9' }
    const response = await app.request(path, { ...init, headers })
    const text = await response.text()
    expect(response.status).toBe(status)
    expect(text).toContain('"code":"INTERNAL_SERVER_ERROR"')
    expect(text).toContain('"request_id":"req-9"')
    expect(text).not.toMatch(/secret|TypeError|stack|\.ts/)
    const [entry, request] = lines.map((line) => JSON.parse(line))
    expect(entry).toMatchObject({ request_id: 'req-9', err: { type: 'TypeError', message: 'no secret may leave' } })
    expect(request).toMatchObject({ request_id: 'req-9', status: 500, code: 'INTERNAL_SERVER_ERROR', level: 50 })
    expect(lines).toHaveLength(2)
  },
)
