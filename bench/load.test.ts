import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { BenchCase } from './cases.ts'
import { closedLoop, type Load, type LoadTarget, openLoop } from './load.ts'

const CALL: BenchCase = {
  name: 'a call',
  surface: 'rest',
  path: '/here',
  createBodies: (connection) => {
    let sent = 0
    return () => Buffer.from(`${connection}:${sent++}`)
  },
}
/** Each kind of load, with its parameter. */
const LOOPS: [string, (target: LoadTarget) => Load][] = [
  ['closed', (target) => closedLoop(CALL, target, 3)],
  ['open', (target) => openLoop(CALL, target, 200)],
]

let seen: { url: string | undefined; headers: IncomingHttpHeaders; body: string }[]
let inFlight = 0
let maxInFlight: number
/** The server's delay, and the number of the first call that it rejects. */
let delayMs: number
let rejectFrom: number

const server = createServer(async (request, response) => {
  maxInFlight = Math.max(maxInFlight, ++inFlight)
  const body = (await buffer(request)).toString()
  const number = seen.push({ url: request.url, headers: request.headers, body })
  await delay(delayMs)
  inFlight--
  response.writeHead(number >= rejectFrom ? 400 : 200).end(`${'no '.repeat(60)}and the rest is dropped`)
})
let target: LoadTarget

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  target = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, headers: { 'x-caller': 'ada' } }
})
beforeEach(() => {
  seen = []
  maxInFlight = 0
  delayMs = 5
  rejectFrom = Number.POSITIVE_INFINITY
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

test.each(LOOPS)('%s loop: records the duration of every call, and makes none after stop', async (_, loop) => {
  const load = loop(target)
  await expect.poll(() => load.latencies.length).toBeGreaterThan(20)
  await load.stop()
  expect(load.latencies).toHaveLength(seen.length)
  // A timer may be a little early.
  expect(Math.min(...load.latencies)).toBeGreaterThan(3)
  expect(seen[0]).toMatchObject({ url: '/here', headers: { 'x-caller': 'ada' } })
  expect(new Set(seen.map(({ body }) => body)).size).toBe(seen.length)
  await delay(30)
  expect(seen).toHaveLength(load.latencies.length)
})

test.each(LOOPS)('%s loop: a failed call is reported at once and thrown by stop', async (_, loop) => {
  rejectFrom = 4
  const load = loop(target)
  await expect.poll(() => load.firstError).toBeTruthy()
  await expect(load.stop()).rejects.toThrow(/\/here responded with 400: (?:no ){60}and the rest is drop$/)
  expect(load.latencies).toHaveLength(3)
})

test('closed loop: each connection always has one in-flight call', async () => {
  const load = closedLoop(CALL, target, 3)
  await expect.poll(() => load.latencies.length).toBeGreaterThanOrEqual(30)
  await load.stop()
  expect(load.connections).toBe(3)
  expect(maxInFlight).toBe(3)
  expect([0, 1, 2].every((connection) => seen.some(({ body }) => body.startsWith(`${connection}:5`)))).toBe(true)
})

test('open loop: keeps the rate, however long a call takes', async () => {
  delayMs = 50
  const startedAt = performance.now()
  const load = openLoop(CALL, target, 200)
  await expect.poll(() => seen.length, { interval: 5 }).toBeGreaterThan(100)
  expect(seen.length / ((performance.now() - startedAt) / 1000)).toBeLessThan(240)
  // One call at a time would make 20 a second.
  expect(maxInFlight).toBeGreaterThan(1)
  await load.stop()
})

test('open loop: has at most one in-flight call per connection, and includes the wait for one', async () => {
  delayMs = 100
  const load = openLoop(CALL, target, 1000)
  await expect.poll(() => load.latencies.length).toBeGreaterThan(2 * load.connections)
  await expect.poll(() => maxInFlight).toBe(load.connections)
  const completed = load.latencies.length
  await load.stop()
  expect(maxInFlight).toBe(load.connections)
  expect(Math.max(...load.latencies)).toBeGreaterThan(150)
  // Calls that wait at the stop are dropped.
  expect(load.latencies.length - completed).toBeLessThanOrEqual(load.connections)
})
