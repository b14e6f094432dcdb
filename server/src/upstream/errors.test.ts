import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { Upstream } from './upstream.ts'

const LIMITS = { timeoutMs: 1_000, maxRetries: 2, deadlineMs: 5_000, maxInFlight: 8, maxQueued: 8 }

test.each<[string, Record<string, string>, unknown]>([
  ['a header that cannot be sent', { 'x-achilles-client': '\u2603' }, undefined],
  ['a body that cannot be encoded', {}, { toJSON: () => Object.create(null).missing() }],
])('%s is an internal error and does not count against Core', async (_what, headers, body) => {
  const seen: string[] = []
  const core = createServer((request, response) => {
    seen.push(request.url ?? '')
    response.end('{}')
  })
  await new Promise<void>((resolve) => core.listen(0, '127.0.0.1', resolve))
  const ignore = () => {}
  const upstream = new Upstream({
    ...LIMITS,
    core: { baseUrl: `http://127.0.0.1:${(core.address() as AddressInfo).port}`, apiKey: 'k' },
    groupForwarding: false,
    onCircuitChange: ignore,
    onIndivisible: ignore,
    onRejection: ignore,
  })
  const watch = { begin: () => ({}), end: ignore }
  for (let call = 0; call < 20; call++) {
    const made = upstream.call({ method: 'POST', path: '/x', body, headers, signal: undefined, watch })
    await expect(made).rejects.not.toHaveProperty('problem')
  }
  expect(upstream.degraded).toBe(false)
  expect(upstream.callsInFlight).toBe(0)
  expect(seen).toEqual([])
  upstream.stop()
  core.close()
})
