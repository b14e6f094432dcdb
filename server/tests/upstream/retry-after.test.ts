import { expect } from 'vitest'
import { inTurn, reply } from '../support/scripted-core.ts'
import { testWithCore } from '../support/scripted-gateway.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const HEALTHY = reply(200, { status: 'ok', uptime_seconds: 1, accepting_signals: true, last_ingest_error_at: null })
const PAST = 'Sun, 06 Nov 1994 08:49:37 GMT'

const GARBAGE = ['soon', '', '-5', '5.5', '1e9', '0x7fffffff', 'Infinity', 'NaN', '3, 4', '5s', '2026-03-02T09:00:00Z']
const NO_DATES = ['Mon, 99 Foo 2026 00:00:00 GMT', 'Sun, 06 Nov 1994 08:49:37 +0100', '9'.repeat(400), '06 Nov 2094']

const test = testWithCore.extend(
  'withGateway',
  ({ core }) =>
    async (upstream: object, run: (gateway: TestGateway) => Promise<void>): Promise<void> => {
      const gateway = await startTestGateway(core, { upstream })
      try {
        await run(gateway)
      } finally {
        await gateway.close()
      }
    },
)

test.for([...GARBAGE, ...NO_DATES])(
  '%j is dropped: the next attempt is made as without it',
  async (value, { core, withGateway }) => {
    await withGateway({ maxRetries: 1 }, async (gateway) => {
      core.answer(inTurn(reply(503, {}, { 'retry-after': value }), HEALTHY))
      expect((await gateway.rest('GET', '/health/core')).status).toBe(200)
      expect(core.seen).toHaveLength(2)
    })
  },
)

test.for([...GARBAGE, ...NO_DATES])(
  '%j is dropped: the caller does not get it',
  async (value, { core, withGateway }) => {
    await withGateway({ maxRetries: 0 }, async (gateway) => {
      for (const status of [429, 503]) {
        core.answer(reply(status, {}, { 'retry-after': value }))
        const response = await gateway.rest('GET', '/health/core')
        expect(response.status).toBe(status)
        expect(response.headers.get('retry-after')).toBeNull()
      }
    })
  },
)

test.for(['3000000', '9999999999', 'Sun, 06 Nov 2094 08:49:37 GMT'])(
  '%s is passed on immediately and starts no timer',
  async (value, { core, withGateway }) => {
    await withGateway({ maxRetries: 5 }, async (gateway) => {
      core.answer(reply(429, {}, { 'retry-after': value }))
      const response = await gateway.rest('GET', '/health/core')
      expect(response.headers.get('retry-after')).toBe(value)
      expect(core.seen).toHaveLength(1)
    })
  },
)

test.for([PAST, 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
  '%s, each form of a date, is passed on and does not delay the retry',
  async (value, { core, withGateway }) => {
    await withGateway({ maxRetries: 1 }, async (gateway) => {
      core.answer(reply(503, {}, { 'retry-after': value }))
      expect((await gateway.rest('GET', '/health/core')).headers.get('retry-after')).toBe(value)
      expect(core.seen).toHaveLength(2)
    })
  },
)
