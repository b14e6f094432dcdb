import { describe, expect } from 'vitest'
import { reply } from '../support/scripted-core.ts'
import { test as base } from '../support/scripted-gateway.ts'
import { startTestGateway } from '../support/test-gateway.ts'

const HEALTHY = reply(200, { status: 'ok', uptime_seconds: 1, accepting_signals: true, last_ingest_error_at: null })
const CALLS = 2_000
const CALLERS = 10

const event = {
  event_id: 'e',
  event_type: 'error',
  source_type: 'ide',
  session_id: 's',
  timestamp: '2026-03-02T09:00:00Z',
}

const test = base.extend(
  'probe',
  ({ gateway }) =>
    async (path: string) =>
      (await fetch(gateway.url + path)).status,
)

describe('a Core that fails every request', () => {
  test('gets less than one attempt per call, and callers get quick responses', async ({ core, gateway }) => {
    core.answer(reply(502, { detail: 'down' }))
    const durations: number[] = []
    const caller = async () => {
      while (durations.length < CALLS) {
        const begun = performance.now()
        const { status, problem, headers } = await gateway.rest('POST', '/signals/events', event)
        durations.push(performance.now() - begun)
        expect([502, 503]).toContain(status)
        expect(problem?.retryable).toBe(true)
        if (status === 503) expect(headers.get('retry-after')).toBe('2')
      }
    }
    await Promise.all(Array.from({ length: CALLERS }, caller))
    const quick = durations.filter((duration) => duration < 50).length / durations.length
    const share = core.seen.length / durations.length
    process.stdout.write(
      `outage: ${durations.length} calls, ${core.seen.length} attempts (${share.toFixed(3)} a call), ` +
        `${(100 * quick).toFixed(1)} % of responses in under 50 ms\n`,
    )
    expect(share).toBeLessThan(1)
  })

  test('is reported by health and readiness, but not by liveness', async ({ gateway, probe }) => {
    const { value } = await gateway.rest('GET', '/health')
    expect(value).toMatchObject({
      status: 'degraded',
      accepting_signals: false,
      last_ingest_error_at: expect.stringMatching(/Z$/),
    })
    expect(await probe('/readyz')).toBe(503)
    expect(await (await fetch(`${gateway.url}/readyz?verbose`)).json()).toEqual({
      status: 'degraded',
      checks: { running: { ok: true }, core: { ok: false, reason: expect.stringContaining('Core failed') } },
    })
    expect(await probe('/livez')).toBe(200)
    const durations: number[] = []
    for (let call = 0; call < 200; call++) {
      const begun = performance.now()
      expect((await gateway.rest('GET', '/health/core')).status).toBe(503)
      durations.push(performance.now() - begun)
    }
    const [median, p99] = [100, 198].map((rank) => durations.toSorted((a, b) => a - b)[rank]?.toFixed(1))
    process.stdout.write(`open circuit: 503 after ${median} ms (median), ${p99} ms (p99), round trip of the caller\n`)
    expect(gateway.log.join('')).toContain('Core is failing')
  })

  test('is used again after recovery, without a restart or a call', async ({ core, gateway, probe }) => {
    const begun = performance.now()
    core.answer(HEALTHY)
    await expect.poll(() => gateway.health.ready).toBe(true)
    process.stdout.write(`recovery: ${((performance.now() - begun) / 1000).toFixed(1)} s after Core’s return\n`)
    expect(core.seen.map(({ url }) => url)).toEqual(['/mcp/health'])
    expect((await gateway.rest('GET', '/health/core')).status).toBe(200)
    expect(await probe('/readyz')).toBe(200)
    expect(gateway.log.join('')).toContain('Core has recovered')
  })
})

test('4xx responses of Core never open the circuit', async ({ core, gateway }) => {
  core.answer(reply(404, { detail: 'no' }))
  for (let call = 0; call < 40; call++) expect((await gateway.rest('GET', '/health/core')).status).toBe(404)
  core.answer(reply(429, { detail: 'slow down' }, { 'retry-after': '999' }))
  for (let call = 0; call < 40; call++) expect((await gateway.rest('GET', '/health/core')).status).toBe(429)
  expect(core.seen).toHaveLength(40)
  expect(gateway.health.ready).toBe(true)
})

test('callers that disconnect never open the circuit', async ({ core }) => {
  const patient = await startTestGateway(core)
  core.answer(() => {})
  for (let call = 1; call <= 20; call++) {
    const caller = new AbortController()
    const gone = fetch(`${patient.url}/api/achilles/v1/mcp/health/core`, { signal: caller.signal }).catch(() => 'gone')
    await expect.poll(() => core.seen.length, { interval: 5 }).toBe(call)
    caller.abort()
    expect(await gone).toBe('gone')
  }
  expect(patient.health.ready).toBe(true)
  await patient.close()
})
