import { createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const BODY = JSON.stringify({ status: 'ok', uptime_seconds: 1, accepting_signals: true, last_ingest_error_at: null })
const RESPONSE = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`

/** A Core whose keep-alive connections can become stale: requests on them get no response. */
class StaleCore {
  readonly #server = createServer((socket) => this.#accept(socket))
  readonly #stale = new Set<Socket>()
  readonly sockets = new Set<Socket>()
  accepted = 0
  /** Makes each connection stale after its first response. */
  isFickle = false
  /** Handles a request on a stale connection. */
  onStale: (socket: Socket) => void = (socket) => socket.resetAndDestroy()
  /** Responses wait for this. */
  hold: Promise<void> = Promise.resolve()

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`
  }

  makeStale(): void {
    for (const socket of this.sockets) this.#stale.add(socket)
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept(socket: Socket): void {
    this.accepted++
    this.sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => this.sockets.delete(socket))
    let received = ''
    socket.on('data', async (chunk) => {
      received += chunk
      if (!received.includes('\r\n\r\n')) return
      received = ''
      if (this.#stale.has(socket)) return this.onStale(socket)
      await this.hold
      if (this.isFickle) this.#stale.add(socket)
      socket.write(RESPONSE)
    })
  }
}

let core: StaleCore
let url: string
let gateway: TestGateway

beforeEach(async () => {
  core = new StaleCore()
  url = await core.listen()
})
afterEach(async () => {
  await gateway.close()
  await core.close()
})

const start = async (upstream: object) => {
  gateway = await startTestGateway({ url }, { upstream })
}
const call = async () => (await gateway.rest('GET', '/health/core')).status
const calls = (count: number) => Promise.all(Array.from({ length: count }, call))

/** Fills the pool with `count` connections. */
async function fillPool(count: number): Promise<void> {
  let release = () => {}
  core.hold = new Promise((resolve) => {
    release = resolve
  })
  const filling = calls(count)
  await expect.poll(() => core.sockets.size).toBe(count)
  release()
  await filling
}

describe('stale connections', () => {
  test.each([
    ['reset', (socket: Socket) => socket.resetAndDestroy()],
    ['closed', (socket: Socket) => socket.destroy()],
    ['silent', () => {}],
  ])('%s: every call succeeds with one retry', async (_what, onStale) => {
    // Time for a busy machine to respond to a retry.
    await start({ maxRetries: 1, timeoutMs: 2_000, deadlineMs: 30_000 })
    core.onStale = onStale
    await fillPool(20)
    core.makeStale()
    expect(await calls(20)).toEqual(Array(20).fill(200))
  })

  test('one call after another: the first stale connection clears the pool', async () => {
    await start({ maxRetries: 1 })
    await fillPool(20)
    core.makeStale()
    for (let index = 0; index < 20; index++) expect(await call()).toBe(200)
    expect(await gateway.metrics.registry.metrics()).toContain('core_retries_total{operation="coreHealth"} 1')
  })

  test('that become stale after one response: no retry uses the pool', async () => {
    await start({ maxRetries: 1 })
    core.isFickle = true
    for (let round = 0; round < 5; round++) expect(await calls(20)).toEqual(Array(20).fill(200))
  })

  test('a retry after a response uses the pool', async () => {
    await start({ maxRetries: 2 })
    await fillPool(1)
    core.makeStale()
    core.onStale = (socket) => socket.write('HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\n{}')
    expect(await call()).toBe(503)
    expect(core.accepted).toBe(1)
  })
})

test('connections never exceed the calls in flight, even if callers disconnect', async () => {
  await start({ maxInFlight: 8, maxQueued: 1000, timeoutMs: 30_000, deadlineMs: 30_000 })
  let release = () => {}
  core.hold = new Promise((resolve) => {
    release = resolve
  })
  const caller = new AbortController()
  const request = (signal?: AbortSignal) =>
    fetch(`${gateway.url}/api/achilles/v1/mcp/health/core`, { ...(signal && { signal }) }).then(
      ({ status }) => status,
      () => 'gone',
    )
  const gone = Array.from({ length: 50 }, () => request(caller.signal))
  await expect.poll(() => core.sockets.size).toBe(8)
  const patient = Array.from({ length: 50 }, () => request())
  caller.abort()
  expect(await Promise.all(gone)).toEqual(Array(50).fill('gone'))
  await expect.poll(() => core.sockets.size).toBe(8)
  release()
  expect(await Promise.all(patient)).toEqual(Array(50).fill(200))
  expect(core.sockets.size).toBeLessThanOrEqual(8)
})
