import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts'
import { reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'

const REST = '/api/achilles/v1/mcp'
const MEGABYTE = 1024 * 1024

const insights = (bytes: number) =>
  JSON.stringify([
    {
      insight_id: 'i',
      session_id: 's',
      severity: 'info',
      category: 'quality',
      title: 't',
      message: 'x'.repeat(bytes),
      payload: {},
      created_at: '2026-01-01T00:00:00Z',
    },
  ])

let core: ScriptedCore
let gateway: GatewayProcess
let sockets: Socket[] = []

beforeAll(async () => {
  core = await startScriptedCore()
})

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets = []
  gateway.process.kill('SIGKILL')
  await gateway.ended
})

afterAll(() => core.close())

async function start(settings: Record<string, string> = {}, through?: string[]): Promise<void> {
  const options = through ? { through } : {}
  gateway = await startGatewayProcess(
    {
      ACHILLES_BASE_URL: core.url,
      ACHILLES_API_KEY: 'k',
      METRICS_PORT: '0',
      RATE_LIMIT_PER_MINUTE: '0',
      // Longer than the limit for slow peers, so that an earlier end is due to that limit.
      SHUTDOWN_GRACE_SECONDS: '120',
      ...settings,
    },
    options,
  )
}

/** A connection that is read only on demand. */
function open(bytes: string): Promise<Socket> {
  const { hostname, port } = new URL(gateway.url)
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true }).pause()
  socket.on('error', () => {})
  sockets.push(socket)
  return new Promise((resolve) => socket.once('connect', () => socket.write(bytes, () => resolve(socket))))
}

async function metrics(): Promise<string> {
  return (await fetch(await gateway.logged(/Metrics at (http[^"\s]+)/))).text()
}

async function ended(limit: string): Promise<number> {
  const sample = (await metrics()).match(new RegExp(`connections_ended_total\\{limit="${limit}"\\} (\\d+)`))
  return Number(sample?.[1])
}

const logged = (limit: string) => gateway.lines.filter((line) => line.includes(`"limit":"${limit}"`))

const residentMegabytes = async () => {
  const status = await readFile(`/proc/${gateway.process.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

const callInsights = `GET ${REST}/signals/insights?session_id=s HTTP/1.1\r\nhost: localhost\r\n\r\n`

describe('peers that do not read', () => {
  test('15 of them with responses of 20 MB each are limited in memory and time', async () => {
    core.answer(reply(200, insights(20 * MEGABYTE)))
    await start({ HTTP_TIMEOUT_SECONDS: '100', HTTP_DEADLINE_SECONDS: '100' })
    for (let peer = 0; peer < 15; peer++) await open(callInsights)
    await expect.poll(() => core.seen.length).toBe(15)
    await expect.poll(() => ended('unsent_bytes')).toBeGreaterThan(0)
    expect(logged('unsent_bytes')).toHaveLength(1)
    process.stdout.write(`15 peers that do not read: ${Math.round(await residentMegabytes())} MB resident\n`)
    expect((await fetch(`${gateway.url}/livez`)).status).toBe(200)
    gateway.process.kill('SIGTERM')
    const begun = performance.now()
    expect(await gateway.ended).toBe(0)
    expect(performance.now() - begun).toBeLessThan(60_000)
  })

  test('SIGTERM waits for one only until its limit', async () => {
    core.answer(reply(200, insights(8 * MEGABYTE)))
    await start()
    await open(callInsights)
    await expect.poll(() => core.seen.length).toBe(1)
    gateway.process.kill('SIGTERM')
    const begun = performance.now()
    expect(await gateway.ended).toBe(0)
    expect(performance.now() - begun).toBeLessThan(60_000)
    expect(logged('response_time')).toHaveLength(1)
  })

  test('one that reads slowly gets its response', async () => {
    core.answer(reply(200, insights(8 * MEGABYTE)))
    await start()
    const socket = await open(callInsights)
    let received = 0
    socket.on('data', (chunk) => {
      received += chunk.length
      socket.pause()
      setTimeout(() => socket.resume(), 20)
    })
    socket.resume()
    await expect.poll(() => received).toBeGreaterThan(8 * MEGABYTE)
  })

  test('one whose call to Core takes longer than the idle limit gets its response', async () => {
    core.answer((_request, response) => {
      setTimeout(() => reply(200, insights(10))({} as never, response, 1), 11_000)
    })
    await start({ HTTP_TIMEOUT_SECONDS: '20' })
    expect((await fetch(`${gateway.url}${REST}/signals/insights?session_id=s`)).status).toBe(200)
  })
})

test('a connection that pipelines 400 calls of 1 MB has one in flight at a time', async () => {
  core.answer(() => {})
  await start({ HTTP_TIMEOUT_SECONDS: '60', HTTP_DEADLINE_SECONDS: '60' })
  await fetch(`${gateway.url}/livez`)
  const before = await residentMegabytes()
  const body = JSON.stringify({
    event_id: 'e',
    event_type: 'custom',
    source_type: 'ide',
    session_id: 's',
    timestamp: '2026-01-01T00:00:00Z',
    payload: { text: 'x'.repeat(MEGABYTE) },
  })
  const head = `POST ${REST}/signals/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`
  const socket = await open('')
  let sent = 0
  const send = () => {
    while (sent++ < 400 && socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`));
  }
  socket.on('drain', send)
  send()
  await expect.poll(() => core.seen.length).toBe(1)
  // Long enough for more calls to arrive.
  await delay(2_000)
  expect(core.seen).toHaveLength(1)
  const after = await residentMegabytes()
  process.stdout.write(`400 pipelined calls of 1 MB: ${Math.round(after - before)} MB more resident\n`)
  expect(after - before).toBeLessThan(100)
})

describe('peers that do not close their half of the connection', () => {
  /** Resolves once the gateway has destroyed every connection, which a peer notices when it writes. */
  async function untilReset(): Promise<void> {
    await expect
      .poll(
        () => {
          for (const socket of sockets) if (!socket.destroyed) socket.write('x')
          return sockets.filter((socket) => !socket.destroyed).length
        },
        { interval: 500 },
      )
      .toBe(0)
  }

  const rejections: [string, string, RegExp][] = [
    ['bytes that are no HTTP', '\u0016\u0003\u0001\r\n\r\n', /^HTTP\/1.1 400 /],
    ['headers past 16 kB', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1.1 431 /],
    [
      'a body that is too large',
      `POST ${REST}/signals/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99999999\r\n\r\n`,
      /^HTTP\/1.1 413 /,
    ],
    ['another expectation', 'POST / HTTP/1.1\r\nhost: localhost\r\nexpect: x\r\n\r\n', /^HTTP\/1.1 417 /],
  ]
  test.each(rejections)('%s: destroyed shortly after', async (_what, bytes, answer) => {
    await start()
    const socket = await open(bytes)
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    socket.resume()
    await expect.poll(() => text).toMatch(answer)
    await untilReset()
  })

  test('slow peers do not block others, with 256 descriptors', async () => {
    core.answer(reply(200, insights(10)))
    await start({}, ['/bin/sh', '-c', 'ulimit -n 256 && exec "$@"', 'sh'])
    for (let peer = 0; peer < 200; peer++) await open('GET /livez HTTP/1.1\r\nhost: x\r\nx-slow: ')
    await expect.poll(() => ended('connections')).toBeGreaterThan(0)
    expect(logged('connections')).toHaveLength(1)
    // Metrics have a separate port, so they are not blocked meanwhile.
    await expect.poll(() => ended('request_time')).toBeGreaterThan(0)
    await expect
      .poll(() =>
        fetch(`${gateway.url}${REST}/signals/insights?session_id=s`).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200)
    const descriptors = async () => (await metrics()).match(/^process_open_fds (\d+)/m)?.[1]
    await expect.poll(async () => Number(await descriptors())).toBeLessThan(60)
  })
})
