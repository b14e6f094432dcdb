import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type CoreAddress, type CoreLocation, Upstream } from './upstream.ts'

const LIMITS = { timeoutMs: 5_000, maxRetries: 2, maxInFlight: 8, maxQueued: 8 }
const ignore = () => {}
const cleanUp: (() => void)[] = []

afterEach(() => {
  for (const close of cleanUp.splice(0)) close()
})

async function startCore(): Promise<{ server: Server; address: CoreAddress }> {
  const server = createServer().listen(0, '127.0.0.1')
  cleanUp.push(
    () => server.close(),
    () => server.closeAllConnections(),
  )
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { server, address: { baseUrl: `http://127.0.0.1:${port}`, apiKey: `key-${port}` } }
}

function createUpstream(core: CoreLocation, deadlineMs = 20_000): Upstream {
  const handlers = { onCircuitChange: ignore, onIndivisible: ignore, onRejection: ignore }
  const upstream = new Upstream({ ...LIMITS, core, deadlineMs, groupForwarding: false, ...handlers })
  cleanUp.push(() => upstream.stop())
  return upstream
}

function callCore(upstream: Upstream) {
  const watch = { begin: () => ({}), end: ignore }
  return upstream.call({ method: 'POST', path: '/x', body: {}, headers: {}, signal: undefined, watch })
}

test('a call whose Core ended is repeated at the Core that replaces it, with its key', async () => {
  const first = await startCore()
  const second = await startCore()
  let location: CoreAddress | Promise<CoreAddress> = first.address
  const upstream = createUpstream(() => location)
  const call = callCore(upstream)
  await once(first.server, 'request')
  let moved: (address: CoreAddress) => void = ignore
  location = new Promise((resolve) => {
    moved = resolve
  })
  first.server.close()
  first.server.closeAllConnections()
  location.then((address) => {
    location = address
  })
  moved(second.address)
  const [{ headers }, response] = await once(second.server, 'request')
  expect(headers.authorization).toBe(`Bearer ${second.address.apiKey}`)
  response.end('{"from":"second"}')
  expect(await call).toMatchObject({ value: { from: 'second' } })
  expect(upstream.degraded).toBe(false)
})

test('a call whose Core ended, but was not replaced, fails', async () => {
  const { server, address } = await startCore()
  server.on('request', ({ socket }) => {
    server.close()
    socket.destroy()
  })
  await expect(callCore(createUpstream(() => address))).rejects.toMatchObject({ problem: 'SERVICE_UNAVAILABLE' })
})

test('a call waits for a Core that starts until its deadline', async () => {
  const upstream = createUpstream(() => new Promise(ignore), 50)
  await expect(callCore(upstream)).rejects.toMatchObject({ message: 'Core is still starting.', retryable: true })
})
