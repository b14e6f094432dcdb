import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { BenchCase } from '../cases.ts'
import { closedLoop } from './closed-loop.ts'
import type { Load, Target } from './load.ts'
import { openLoop } from './open-loop.ts'

const CALL: BenchCase = {
  name: 'a call',
  surface: 'rest',
  path: '/here',
  bodiesOf: (connection) => {
    let sent = 0
    return () => Buffer.from(`${connection}:${sent++}`)
  },
}
/** What each kind of load is tried with. */
const LOOPS: [string, (target: Target) => Load][] = [
  ['closed', (target) => closedLoop(CALL, target, 3)],
  ['open', (target) => openLoop(CALL, target, 200)],
]

let seen: { url: string | undefined; headers: IncomingHttpHeaders; body: string }[]
let underWay = 0
let mostUnderWay: number
/** How the server behaves: how long it takes, and from which call on it refuses. */
let answersAfterMs: number
let refusesFrom: number

const server = createServer(async (request, response) => {
  mostUnderWay = Math.max(mostUnderWay, ++underWay)
  const body = (await buffer(request)).toString()
  const number = seen.push({ url: request.url, headers: request.headers, body })
  await pause(answersAfterMs)
  underWay--
  response.writeHead(number >= refusesFrom ? 400 : 200).end(`${'no '.repeat(60)}and no more than this is told`)
})
let target: Target

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  target = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, headers: { 'x-caller': 'ada' } }
})
beforeEach(() => {
  seen = []
  mostUnderWay = 0
  answersAfterMs = 5
  refusesFrom = Number.POSITIVE_INFINITY
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

test.each(LOOPS)(
  '%s loop: every call is counted, with the time it took, and none is made after the stop',
  async (_, loop) => {
    const load = loop(target)
    await expect.poll(() => load.latencies.length).toBeGreaterThan(20)
    await load.stop()
    expect(load.latencies).toHaveLength(seen.length)
    // A timer may be a little early.
    expect(Math.min(...load.latencies)).toBeGreaterThan(3)
    expect(seen[0]).toMatchObject({ url: '/here', headers: { 'x-caller': 'ada' } })
    expect(new Set(seen.map(({ body }) => body)).size).toBe(seen.length)
    await pause(30)
    expect(seen).toHaveLength(load.latencies.length)
  },
)

test.each(LOOPS)('%s loop: a call that failed is told at once and thrown by the stop', async (_, loop) => {
  refusesFrom = 4
  const load = loop(target)
  await expect.poll(() => load.fault).toBeTruthy()
  await expect(load.stop()).rejects.toThrow(/\/here answered 400: (?:no ){60}and no more than thi$/)
  expect(load.latencies).toHaveLength(3)
})

test('closed loop: each connection has one call under way, always', async () => {
  const load = closedLoop(CALL, target, 3)
  await expect.poll(() => load.latencies.length).toBeGreaterThanOrEqual(30)
  await load.stop()
  expect(load.connections).toBe(3)
  expect(mostUnderWay).toBe(3)
  expect([0, 1, 2].every((connection) => seen.some(({ body }) => body.startsWith(`${connection}:5`)))).toBe(true)
})

test('open loop: makes so many calls a second, however long one takes', async () => {
  answersAfterMs = 50
  const startedAt = performance.now()
  const load = openLoop(CALL, target, 200)
  await pause(500)
  const seconds = (performance.now() - startedAt) / 1000
  await load.stop()
  expect(seen.length / seconds).toBeGreaterThan(120)
  expect(seen.length / seconds).toBeLessThan(240)
})

test('open loop: has no more under way than connections, and counts how long a call waits for one', async () => {
  answersAfterMs = 100
  const load = openLoop(CALL, target, 1000)
  await expect.poll(() => load.latencies.length).toBeGreaterThan(2 * load.connections)
  const answered = load.latencies.length
  await load.stop()
  expect(mostUnderWay).toBe(load.connections)
  expect(Math.max(...load.latencies)).toBeGreaterThan(150)
  // Those that wait at the stop are not made any more.
  expect(load.latencies.length - answered).toBeLessThanOrEqual(load.connections)
})
