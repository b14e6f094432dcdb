import { createServer } from 'node:http'
import { describe, expect } from 'vitest'
import { test as base, sendBatch } from '../../server/tests/support/insight-gateway.ts'
import { reply } from '../../server/tests/support/scripted-core.ts'
import { startTestGateway } from '../../server/tests/support/test-gateway.ts'
import { createGatewayClient, type GatewayClient, type GatewayClientOptions } from '../src/index.ts'

const test = base.extend('read', ({ gateway }, { onCleanup }) => {
  const closed = new AbortController()
  onCleanup(() => closed.abort())
  return (options: Partial<GatewayClientOptions> = {}, input: object = {}) => {
    const client: GatewayClient = createGatewayClient({ url: gateway.url, ...options })
    const read: { ids: string[]; error: unknown; isDone: boolean } = { ids: [], error: undefined, isDone: false }
    void (async () => {
      try {
        const items = client.signals.watchInsights.subscribe({ session_id: 's', ...input }, { signal: closed.signal })
        for await (const { id, data } of items) read.ids.push(id === data.insight_id ? id : `${id} ${data.insight_id}`)
      } catch (error) {
        read.error = error
      }
      read.isDone = true
    })()
    return Object.assign(read, { close: () => closed.abort() })
  }
})

test('yields existing insights, then new ones, until it is closed', async ({ core, gateway, read }) => {
  const existing = core.create('s', 3)
  const reading = read()
  await expect.poll(() => reading.ids).toEqual(existing)
  const more = core.create('s', 2)
  await sendBatch(gateway, 's')
  await expect.poll(() => reading.ids).toEqual([...existing, ...more])
  reading.close()
  await expect.poll(() => reading.isDone).toBe(true)
  expect(reading.error).toBeUndefined()
})

test('a break ends the stream', async ({ core, gateway }) => {
  core.create('s', 3)
  const client = createGatewayClient({ url: gateway.url })
  for await (const { id } of client.signals.watchInsights.subscribe({ session_id: 's' })) {
    expect(id).toBe('s-0')
    break
  }
  await expect.poll(() => gateway.log.some((line) => line.includes('stream ended'))).toBe(true)
})

test('each connection gets the current key and URL', async ({ core, gateway, read }) => {
  core.create('s')
  const keys = ['one', 'two']
  const seen: (string | undefined)[] = []
  const reading = read({
    url: () => gateway.url,
    apiKey: () => keys[0] ?? 'none',
    fetch: (url, init) => {
      seen.push(init.headers.authorization, init.headers['x-request-id'] && new URL(url).origin)
      return fetch(url, init)
    },
  })
  await expect.poll(() => reading.ids).toEqual(['s-0'])
  expect(seen).toEqual(['Bearer one', gateway.url])
})

describe('after a failure', () => {
  test('it resumes at another gateway, without a repetition', async ({ core, gateway, read }) => {
    const other = await startTestGateway(core)
    const existing = core.create('s', 3)
    let url = gateway.url
    const reading = read({ url: () => url })
    await expect.poll(() => reading.ids).toEqual(existing)
    url = other.url
    await gateway.close()
    const more = core.create('s', 2)
    await expect.poll(() => reading.ids).toEqual([...existing, ...more])
    reading.close()
    await other.close()
  })

  test('a 503 of a proxy is retried', async ({ core, gateway, read }) => {
    core.create('s')
    let failures = 0
    const reading = read({
      fetch: async (url, init) => {
        if (failures++ < 2) return new Response('<html>busy</html>', { status: 503, headers: { 'retry-after': '0' } })
        return fetch(url, init)
      },
    })
    await expect.poll(() => reading.ids).toEqual(['s-0'])
    expect(failures).toBeGreaterThan(2)
    expect(gateway.requests.length).toBeGreaterThan(0)
  })

  test('what no retry helps is thrown, with its problem', async ({ core, read }) => {
    core.script = reply(404, { detail: 'no such session' })
    const reading = read()
    await expect.poll(() => reading.isDone).toBe(true)
    expect(reading.error).toMatchObject({ name: 'GatewayError', data: { code: 'NOT_FOUND' } })
  })

  test('a response of Core that violates the contract is thrown', async ({ core, read }) => {
    core.script = reply(200, [{ insight_id: 'a' }])
    const reading = read()
    await expect.poll(() => reading.error).toMatchObject({ data: { code: 'CORE_CONTRACT_VIOLATION' } })
  })

  test('an insight that a gateway sends again is left out', async ({ read }) => {
    const frame = (id: string) => `id: ${id}\ndata: {"json":{"insight_id":"${id}"}}\n\n`
    const server = createServer((request, response) => {
      const resumed = request.headers['last-event-id'] ?? /lastEventId/.test(request.url ?? '')
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`retry: 10\n\nevent: connected\ndata: {}\n\n${frame('a')}${frame('b')}`)
      if (resumed) response.write(frame('c'))
      else response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const reading = read({ url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` })
    await expect.poll(() => reading.ids).toEqual(['a', 'b', 'c'])
    reading.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
})

test('invalid options and input are rejected by name', async ({ read, gateway }) => {
  const invalid = read({}, { session_id: '' })
  await expect.poll(() => invalid.error).toMatchObject({ data: { code: 'BAD_REQUEST' } })
  const client = createGatewayClient({ url: gateway.url })
  const unknown = { retry: 5 } as object
  expect(() => client.signals.watchInsights.subscribe({ session_id: 's' }, unknown)).toThrow('options.retry')
})

test('a fetch without a body is reported', async ({ read }) => {
  const reading = read({
    fetch: async () => {
      const { status, ok, headers } = new Response('', { headers: { 'content-type': 'text/event-stream' } })
      return { status, ok, headers, text: async () => '' }
    },
  })
  await expect.poll(() => reading.error).toMatchObject({ message: expect.stringContaining('options.fetch') })
})
