import { expect, test } from 'vitest'
import { hasFakeClock, openFakeClock } from '../support/fake-clock.ts'
import { startGatewayProcess } from '../support/gateway-process.ts'
import { reply, startScriptedCore } from '../support/scripted-core.ts'

if (!hasFakeClock) process.stdout.write('circuit-clock: skipped, libfaketime is not installed\n')

const HEALTHY = reply(200, { status: 'ok', uptime_seconds: 1, accepting_signals: true, last_ingest_error_at: null })

test.runIf(hasFakeClock).each(['-1h', '+1h'])(
  'an open circuit closes even if the wall clock changes by %s',
  async (offset) => {
    const clock = await openFakeClock()
    const core = await startScriptedCore()
    const gateway = await startGatewayProcess({
      ...clock.settings,
      ACHILLES_BASE_URL: core.url,
      ACHILLES_API_KEY: 'k',
      HTTP_MAX_RETRIES: '0',
    })
    const call = () => fetch(`${gateway.url}/api/achilles/v1/mcp/health/core`).then(({ status }) => status)
    const probe = () => fetch(`${gateway.url}/readyz`)
    try {
      core.answer(reply(502, {}))
      await Promise.all(Array.from({ length: 12 }, call))
      expect((await probe()).status).toBe(503)

      await clock.set(offset)
      const hours = async () => (Date.parse((await probe()).headers.get('date') ?? '') - Date.now()) / 3_600_000
      // The gateway's Date header proves that its clock has changed.
      await expect.poll(async () => Math.round(await hours())).toBe(Number.parseInt(offset, 10))

      core.answer(HEALTHY)
      await expect.poll(async () => (await probe()).status).toBe(200)
      expect(await call()).toBe(200)
    } finally {
      gateway.process.kill('SIGKILL')
      await gateway.ended
      await core.close()
      await clock.remove()
    }
  },
)
