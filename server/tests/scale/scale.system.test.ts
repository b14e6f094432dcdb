import { createGatewayClient } from '@achilles/mcp-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newEvent, newSession } from '../../../embedded-core/src/testing/requests.ts'
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts'
import { bearer, KEYS } from '../support/keys-file.ts'
import { findNginx } from '../support/nginx-proxy.ts'
import { CALLERS, type LoadFigures, runLoad } from './run-load.ts'
import { openSharedServices, type SharedServices } from './shared-services.ts'

const { TEST_POSTGRES_URL: postgresUrl = '', TEST_REDIS_URL: redisUrl = '' } = process.env
const missing = [
  ...(postgresUrl ? [] : ['TEST_POSTGRES_URL is not set']),
  ...(redisUrl ? [] : ['TEST_REDIS_URL is not set']),
]
const missingForLoad = [...missing, ...(findNginx() ? [] : ['there is no nginx, or NGINX_PATH'])]
if (missing.length > 0) process.stdout.write(`skipped: gateways on PostgreSQL and Redis (${missing.join(', ')})\n`)
if (missingForLoad.length > 0) process.stdout.write(`skipped: gateways under load (${missingForLoad.join(', ')})\n`)

describe.skipIf(missing.length > 0)('two gateways on one PostgreSQL and one Redis', () => {
  let services: SharedServices
  let gateways: [GatewayProcess, GatewayProcess]
  beforeAll(async () => {
    services = await openSharedServices(postgresUrl, redisUrl)
    const start = () => startGatewayProcess({ ...services.settings, RATE_LIMIT_PER_MINUTE: '20' })
    gateways = await Promise.all([start(), start()])
  })
  afterAll(async () => {
    for (const gateway of gateways ?? []) gateway.process.kill('SIGTERM')
    await Promise.all((gateways ?? []).map(({ ended }) => ended))
    await services.remove()
  })

  test('see each other’s sessions and events', async () => {
    const clientOf = ({ url }: GatewayProcess) => createGatewayClient({ url, apiKey: KEYS.everything })
    const [one, other] = [clientOf(gateways[0]), clientOf(gateways[1])]
    const session = await one.sessions.create.mutate(newSession())
    const { external_session_key, session_id } = session
    expect(await other.sessions.resolve.query({ external_session_key })).toEqual({ found: true, session })
    const event = newEvent(session_id)
    expect(await one.signals.ingest.mutate(event)).toMatchObject({ results: [{ status: 'accepted' }] })
    expect(await other.signals.ingest.mutate(event)).toMatchObject({ results: [{ status: 'duplicate' }] })
  })

  test('share a rate limit', async () => {
    const call = async (index: number) => {
      const { url } = index % 2 === 0 ? gateways[0] : gateways[1]
      return (await fetch(`${url}/api/achilles/v1/mcp/health`, { headers: bearer(KEYS.limited) })).status
    }
    const statuses = await Promise.all(Array.from({ length: 26 }, (_, index) => call(index)))
    expect(statuses.filter((status) => status === 200)).toHaveLength(20)
    expect(statuses.filter((status) => status === 429)).toHaveLength(6)
    expect([await call(0), await call(1)]).toEqual([429, 429])
  })
})

describe.skipIf(missingForLoad.length > 0)('three gateways behind nginx, one killed and one drained under load', () => {
  let services: SharedServices
  let figures: LoadFigures
  beforeAll(async () => {
    services = await openSharedServices(postgresUrl, redisUrl)
    figures = await runLoad(services, 14_000)
    print(figures)
  }, 180_000)
  afterAll(() => services.remove())

  test('every recorded event is stored once, unchanged', () => {
    const { recorded, events, ledgers } = figures
    expect(recorded).toBeGreaterThan(0)
    expect(events).toEqual({ stored: recorded, lost: 0, doubled: 0, altered: 0 })
    for (const ledger of ledgers) expect(ledger).toEqual({ ...ledger, failed: 0, dropped: {}, pending: 0 })
  })

  test('few calls without retries fail', () => {
    const { calls, failures } = figures.tally
    // A response that is being sent when its gateway is killed is lost; that may be one call per caller.
    expect(failures.length, failures.join('\n')).toBeLessThanOrEqual(Math.max(CALLERS, calls * 0.01))
  })

  test('a write that the proxy retried was made once', () => {
    const { snapshots, snapshotsAsked } = figures.tally
    expect([...snapshots].filter((id) => !figures.snapshots.has(id))).toEqual([])
    expect(snapshots.size).toBeGreaterThan(0)
    expect(figures.snapshots.size).toBeLessThanOrEqual(snapshotsAsked)
  })
})

function print({ tally: { calls, failures }, recorded, events: { stored } }: LoadFigures): void {
  const count = (value: number) => value.toLocaleString('en')
  const share = `${((100 * failures.length) / calls).toFixed(2)} %`
  process.stdout.write(
    `scale: ${count(calls)} calls, ${count(failures.length)} failed (${share}), ` +
      `${count(recorded)} events recorded, ${count(stored)} stored\n`,
  )
}
