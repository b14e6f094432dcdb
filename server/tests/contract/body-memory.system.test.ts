import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { canMeasure, growthWhile } from '../support/arbitrary-memory.ts'
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts'
import { type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'

const MIB = 1024 * 1024
const LIMIT = 5 * MIB
const AT_ONCE = 10
/**
 * Memory that V8 may keep before a collection, for any number of requests: its young generation grows to 48 MiB under load,
 * the rest is for chunks of the sockets.
 */
const ALLOWANCE = 64 * MIB

let core: ScriptedCore
let gateway: GatewayProcess

beforeAll(async () => {
  core = await startScriptedCore()
})

// One process per test: uncollected memory of one would hide the growth of the next.
beforeEach(async () => {
  gateway = await startGatewayProcess({
    ACHILLES_BASE_URL: core.url,
    ACHILLES_API_KEY: 'core-key',
    MAX_BODY_BYTES: String(LIMIT),
  })
})

afterEach(async () => {
  gateway.process.kill('SIGTERM')
  await gateway.ended
})

afterAll(() => core.close())

const member = gzipSync(Buffer.alloc(64 * MIB))
/** Gzip allows many members in sequence: 64 MiB of zeros, repeated. */
const bomb = (mebibytes: number) => Buffer.concat(Array.from({ length: mebibytes / 64 }, () => member))

interface Body {
  headers: Record<string, string>
  chunks: Buffer[]
}

// The last one reaches the limit both compressed and decompressed.
const BODIES: [what: string, body: () => Body][] = [
  ['1 GiB packed into 1 MiB', () => ({ headers: GZIP, chunks: [bomb(1024)] })],
  ['64 MiB in chunks', () => ({ headers: {}, chunks: Array.from({ length: 1024 }, () => filling) })],
  ['4.75 GiB packed', () => ({ headers: GZIP, chunks: [bomb(4864)] })],
]
const GZIP = { 'content-encoding': 'gzip' }
const filling = Buffer.alloc(65_536, ' ')

const small = ({ headers }: Body): Body => ({
  headers,
  chunks: [headers['content-encoding'] ? gzipSync('{}') : Buffer.from('{}')],
})

/** Sends a body until the gateway stops reading; resolves with the status. */
function post(path: string, { headers, chunks }: Body): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(gateway.url + path, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', ...headers, 'transfer-encoding': 'chunked' },
    })
    const answered = new Promise<number>((told) => {
      outgoing.once('response', (incoming) => {
        incoming.resume().once('end', () => told(incoming.statusCode ?? 0))
      })
    })
    void answered.then((status) => {
      outgoing.destroy()
      resolve(status)
    })
    // After the response, a closed connection is a valid end.
    outgoing.once('error', (error) => setTimeout(reject, 1_000, error))
    const paced = chunks.values()
    // One chunk per turn of the event loop, so that a response is seen at once.
    const write = () => {
      const { value } = paced.next()
      if (value === undefined) outgoing.end()
      else if (!outgoing.destroyed) outgoing.write(value, () => setImmediate(write))
    }
    write()
  })
}

/** If the gateway closes the connection while the sender is still writing, the response may be lost. */
async function untilAnswered(path: string, body: Body, attempts = 5): Promise<number> {
  try {
    return await post(path, body)
  } catch (error) {
    const disconnected = ['EPIPE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '')
    if (!disconnected || attempts === 1) throw error
    return untilAnswered(path, body, attempts - 1)
  }
}

/** The first growth below `allowed` in up to five rounds: on a busy machine garbage is collected later. */
async function leastGrowth(pid: number, allowed: number, send: () => Promise<void>): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5 && least >= allowed; round++) least = Math.min(least, await growthWhile(pid, send))
  return least
}

const inMiB = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`

describe.each([
  ['REST', '/api/achilles/v1/mcp/sessions'],
  ['native', '/trpc/sessions.create'],
])('over %s', (surface, path) => {
  test.each(BODIES)('%s: 413, and memory stays bounded', async (what, body) => {
    const pid = gateway.process.pid ?? 0
    const sent = body()
    const send = async (count: number, body: Body, status: number) => {
      const statuses = await Promise.all(Array.from({ length: count }, () => untilAnswered(path, body)))
      expect(statuses).toEqual(statuses.map(() => status))
    }
    // Warm-up: memory that V8 uses only once does not count.
    for (let round = 0; round < 20; round++) await send(AT_ONCE, small(sent), 400)
    if (!canMeasure(pid)) {
      await send(AT_ONCE, sent, 413)
      process.stdout.write('body memory: not measured, since /proc reports no peak here\n')
      return
    }
    const one = await leastGrowth(pid, 3 * LIMIT, () => send(1, sent, 413))
    const allowed = AT_ONCE * 3 * LIMIT + ALLOWANCE
    const many = await leastGrowth(pid, allowed, () => send(AT_ONCE, sent, 413))
    process.stdout.write(
      `body memory: ${surface}, ${what}: ${inMiB(one)} for one (allowed ${inMiB(3 * LIMIT)}), ` +
        `${inMiB(many)} for ${AT_ONCE} at once (allowed ${inMiB(allowed)})\n`,
    )
    expect(one).toBeLessThan(3 * LIMIT)
    expect(many).toBeLessThan(allowed)
    expect(core.seen).toEqual([])
  })
})
