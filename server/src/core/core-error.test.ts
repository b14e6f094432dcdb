import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { CoreLink } from './core-link.ts'

const LIMITS = { timeoutMs: 1_000, maxRetries: 2, deadlineMs: 5_000, maxInFlight: 8, maxQueued: 8 }

test.each<[string, Record<string, string>, unknown]>([
  ['a header that cannot be sent', { 'x-achilles-client': '\u2603' }, undefined],
  ['a body that cannot be written', {}, { toJSON: () => Object.create(null).missing() }],
])('%s is an internal error, and none of Core’s', async (_what, headers, body) => {
  const seen: string[] = []
  const core = createServer((request, response) => {
    seen.push(request.url ?? '')
    response.end('{}')
  })
  await new Promise<void>((resolve) => core.listen(0, '127.0.0.1', resolve))
  const ignore = () => {}
  const link = new CoreLink({
    ...LIMITS,
    core: { baseUrl: `http://127.0.0.1:${(core.address() as AddressInfo).port}`, apiKey: 'k' },
    groupForwarding: false,
    onCircuitChange: ignore,
    onIndivisible: ignore,
    onRejection: ignore,
  })
  const watch = { begin: () => ({}), end: ignore }
  for (let call = 0; call < 20; call++) {
    const made = link.call({ method: 'POST', path: '/x', body, headers, signal: undefined, watch })
    await expect(made).rejects.not.toHaveProperty('problem')
  }
  expect(link.degraded).toBe(false)
  expect(link.callsInFlight).toBe(0)
  expect(seen).toEqual([])
  link.stop()
  core.close()
})
