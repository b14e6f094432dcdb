import { expect, test } from 'vitest'
import { hasFakeClock, openFakeClock } from '../support/fake-clock.ts'
import { startGatewayProcess } from '../support/gateway-process.ts'

if (!hasFakeClock) process.stdout.write('rate-clock: skipped, libfaketime is not installed\n')

const RATE = 2

test.runIf(hasFakeClock).concurrent.each(['-1h', '+1h'])(
  'the rate’s window is a minute even if the wall clock changes by %s',
  async (offset) => {
    const clock = await openFakeClock()
    const gateway = await startGatewayProcess({
      ...clock.settings,
      ACHILLES_BASE_URL: 'http://127.0.0.1:1',
      ACHILLES_API_KEY: 'k',
      RATE_LIMIT_PER_MINUTE: String(RATE),
    })
    const call = () => fetch(`${gateway.url}/api/achilles/v1/mcp/health`)
    try {
      const first = await call()
      expect(first.headers.get('ratelimit')).toBe('"default";r=1;t=60')
      await clock.set(offset)
      const hours = async () => {
        const { headers } = await fetch(`${gateway.url}/livez`)
        return (Date.parse(headers.get('date') ?? '') - Date.now()) / 3_600_000
      }
      // The gateway's Date header proves that its clock has changed.
      await expect.poll(async () => Math.round(await hours())).toBe(Number.parseInt(offset, 10))

      expect((await call()).status).toBe(200)
      const over = await call()
      expect(over.status).toBe(429)
      const waitSeconds = Number(over.headers.get('retry-after'))
      expect(waitSeconds).toBeGreaterThan(0)
      expect(waitSeconds).toBeLessThanOrEqual(60)
      await expect.poll(async () => (await call()).status, { interval: 500 }).toBe(200)
    } finally {
      gateway.process.kill('SIGKILL')
      await gateway.ended
      await clock.remove()
    }
  },
)
