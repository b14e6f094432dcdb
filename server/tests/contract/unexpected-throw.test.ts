import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createApp } from '../../src/app.ts'
import { GatewayHealth } from '../../src/health.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { Upstream } from '../../src/upstream/upstream.ts'
import { InsightWatches } from '../../src/watching/insight-watches.ts'
import { logsOf } from '../support/otlp-requests.ts'
import { testSource } from '../support/test-source.ts'
import { MCP_HEADERS, toolCall } from '../support/tool-calls.ts'

class BrokenLink extends Upstream {
  override call(): Promise<never> {
    throw new TypeError('no secret may leave')
  }
}

const EXPORT = {
  method: 'POST',
  body: JSON.stringify(logsOf([{ session: 's', id: 'e' }])),
  headers: { 'content-type': 'application/json' },
}
const CALL = { method: 'POST', body: toolCall('signals.insights', '{"session_id":"s"}'), headers: MCP_HEADERS }

const INTERNAL = '"code":"INTERNAL_SERVER_ERROR"'

test.each<[path: string, status: number, body: string, logged: object, init: RequestInit]>([
  ['/api/achilles/v1/mcp/health/core', 500, INTERNAL, { status: 500, level: 50 }, {}],
  ['/trpc/coreHealth', 500, INTERNAL, { status: 500, level: 50 }, {}],
  ['/mcp', 200, INTERNAL, { status: 500, level: 50 }, CALL],
  // Exporters drop what is rejected with a 500, and send it again after a 503.
  ['/v1/logs', 503, '{"message":"Internal error in the gateway."}', { status: 503, level: 40 }, EXPORT],
])(
  'an unexpected throw: %s is an error without details; the cause is logged with the request id',
  async (path, status, body, logged, init) => {
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
        agentSources: [testSource],
      },
    )

    const headers = { ...init.headers, 'x-request-id': 'req-9' }
    const response = await app.request(path, { ...init, headers })
    const text = await response.text()
    expect(response.status).toBe(status)
    expect(text).toContain(body)
    expect(response.headers.get('x-request-id')).toBe('req-9')
    expect(text).not.toMatch(/secret|TypeError|stack|\.ts/)
    const [entry, request] = lines.map((line) => JSON.parse(line))
    expect(entry).toMatchObject({
      request_id: 'req-9',
      err: { stack: expect.stringContaining('TypeError: no secret may leave') },
    })
    expect(request).toMatchObject({ request_id: 'req-9', code: 'INTERNAL_SERVER_ERROR', ...logged })
    expect(lines).toHaveLength(2)
  },
)
