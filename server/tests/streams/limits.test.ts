import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect } from 'vitest'
import { idsOf, openStream } from '../support/event-stream.ts'
import { test as base, countStreams } from '../support/insight-gateway.ts'
import { bearer, KEYS, writeKeysFile } from '../support/keys-file.ts'
import { startTestGateway } from '../support/test-gateway.ts'

const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures wanted from the pattern.
  .extend('keysFile', async ({}, { onCleanup }) => {
    const file = await writeKeysFile(['ws-1', 'ws-2'])
    onCleanup(() => file.remove())
    return file.path
  })
  .extend('gateway', async ({ core, keysFile }, { onCleanup }) => {
    const auth = { apiKeysFile: keysFile }
    const gateway = await startTestGateway(core, { pingMs: 20, upstream: { maxRetries: 0 }, auth })
    onCleanup(async () => {
      await gateway.close()
    })
    return gateway
  })

const STREAM = '/api/achilles/v1/mcp/signals/insights/stream'

test('streams need credentials, over REST and natively', async ({ gateway }) => {
  const rest = await openStream(`${gateway.url}${STREAM}?session_id=s`)
  expect(rest.response.status).toBe(401)
  expect(rest.response.headers.get('www-authenticate')).toMatch(/^Bearer/)
  const native = await openStream(`${gateway.url}/trpc/signals.watchInsights?input={}`)
  await native.ended
  expect(native.events.at(-1)).toMatchObject({ event: 'serialized-error' })
  expect(JSON.parse(native.events.at(-1)?.data ?? '')).toMatchObject({ json: { data: { code: 'UNAUTHORIZED' } } })
})

test('Core gets the principal and its workspaces; each principal has a poll of its own', async ({
  core,
  watch,
  gateway,
}) => {
  await watch('session_id=s', bearer(KEYS.limited))
  await watch('session_id=s', bearer(KEYS.limited))
  await watch('session_id=s', bearer(KEYS.everything))
  expect(await countStreams(gateway)).toEqual({ streams: 3, sessions: 2 })
  const callers = core.queries.map(({ headers }) => [headers['x-achilles-client'], headers['x-achilles-workspaces']])
  expect(callers).toContainEqual(['limited', 'ws-1,ws-2'])
  expect(callers).toContainEqual(['everything', undefined])
})

test('a principal holds 32 streams on both surfaces together; another one is not affected', async ({
  gateway,
  watch,
}) => {
  const input = encodeURIComponent('{"json":{"session_id":"s"}}')
  const native = () => openStream(`${gateway.url}/trpc/signals.watchInsights?input=${input}`, bearer(KEYS.everything))
  const streams = await Promise.all(Array.from({ length: 31 }, () => watch('session_id=s', bearer(KEYS.everything))))
  const last = await native()
  const { response, text } = await watch('session_id=t', bearer(KEYS.everything)).then(async (stream) => {
    await stream.ended
    return stream
  })
  expect(response.status).toBe(429)
  expect(response.headers.get('retry-after')).toBe('5')
  expect(JSON.parse(text)).toMatchObject({ code: 'TOO_MANY_REQUESTS', retryable: true })
  const rejected = await native()
  await rejected.ended
  expect(rejected.events.at(-1)?.data).toContain('TOO_MANY_REQUESTS')
  expect((await watch('session_id=s', bearer(KEYS.limited))).response.status).toBe(200)
  expect(gateway.log.filter((line) => line.includes('a principal may hold 32'))).toHaveLength(1)
  streams[0]?.close()
  await expect.poll(async () => (await watch('session_id=t', bearer(KEYS.everything))).response.status).toBe(200)
  last.close()
})

describe('a change of the keys ends streams', () => {
  const change = async (path: string, entry: object) => {
    const entries = JSON.parse(await readFile(path, 'utf8'))
    await writeFile(path, JSON.stringify([entries[0], { ...entries[1], ...entry }]))
  }

  test('a revoked key', async ({ core, gateway, keysFile, watch }) => {
    core.create('s')
    const [stream, other] = [
      await watch('session_id=s', bearer(KEYS.limited)),
      await watch('session_id=s', bearer(KEYS.everything)),
    ]
    await expect.poll(() => idsOf(stream)).toEqual(['s-0'])
    await change(keysFile, { sha256: createHash('sha256').update('another').digest('hex') })
    await stream.ended
    expect(stream.events.at(-1)).toMatchObject({ event: 'problem' })
    expect(JSON.parse(stream.events.at(-1)?.data ?? '')).toMatchObject({ code: 'UNAUTHORIZED' })
    expect(await countStreams(gateway)).toEqual({ streams: 1, sessions: 1 })
    other.close()
  })

  test('other workspaces: the client opens the stream again', async ({ keysFile, watch }) => {
    const stream = await watch('session_id=s', bearer(KEYS.limited))
    await change(keysFile, { workspaces: ['ws-1'] })
    await stream.ended
    expect(JSON.parse(stream.events.at(-1)?.data ?? '')).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true })
  })
})
