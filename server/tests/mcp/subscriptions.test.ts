import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { expect } from 'vitest'
import { test as base, countStreams, sendBatch } from '../support/insight-gateway.ts'
import { reply } from '../support/scripted-core.ts'

const URI = 'achilles://sessions/s/insights'

const test = base.extend('connect', ({ gateway }, { onCleanup }) => {
  const clients: Client[] = []
  onCleanup(async () => {
    await Promise.all(clients.map((client) => client.close()))
  })
  return async (mode: 'auto' | 'legacy' = 'auto') => {
    const client = new Client({ name: 'agent', version: '1' }, { versionNegotiation: { mode } })
    clients.push(client)
    const updated: string[] = []
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
      updated.push(params.uri)
    })
    await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', gateway.url)))
    return { client, updated }
  }
})

test('a subscription announces existing insights once, then new ones, until it is closed', async ({
  connect,
  core,
  gateway,
}) => {
  core.create('s', 3)
  const { client, updated } = await connect()
  expect(client.getServerCapabilities()).toMatchObject({ resources: { subscribe: true } })
  const subscription = await client.listen({ resourceSubscriptions: [URI] })
  expect(subscription.honoredFilter).toEqual({ resourceSubscriptions: [URI] })
  await expect.poll(() => updated).toEqual([URI])
  core.create('s')
  await sendBatch(gateway, 's')
  await expect.poll(() => updated).toEqual([URI, URI])
  await subscription.close()
  await expect.poll(() => countStreams(gateway)).toEqual({ streams: 0, sessions: 0 })
})

test('it ends when the gateway stops', async ({ connect, gateway }) => {
  const { client } = await connect()
  const subscription = await client.listen({ resourceSubscriptions: [URI, 'achilles://sessions/t/insights'] })
  expect(await countStreams(gateway)).toEqual({ streams: 2, sessions: 2 })
  const closing = gateway.close(5_000)
  expect(await subscription.closed).toBe('graceful')
  expect(await closing).toBe(true)
})

test('an unknown session is rejected, and holds no stream', async ({ connect, core, gateway }) => {
  const { client } = await connect()
  core.script = reply(404, { detail: 'no such session' })
  await expect(client.listen({ resourceSubscriptions: [URI] })).rejects.toThrow()
  await expect.poll(() => countStreams(gateway)).toEqual({ streams: 0, sessions: 0 })
})

test('older revisions have no subscriptions', async ({ connect }) => {
  const { client } = await connect('legacy')
  expect(client.getServerCapabilities()?.resources).toEqual({})
})
