import { request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { canMeasure, growthWhile } from './arbitrary-memory.ts'
import { type GatewayProcess, startGatewayProcess } from './gateway-process.ts'
import { type ScriptedCore, startScriptedCore } from './scripted-core.ts'

const MIB = 1024 * 1024
const LIMIT = 5 * MIB
const AT_ONCE = 10
/**
 * What V8 may leave lying before it collects, however many requests there are: its young generation grows to 48 MiB under
 * load, the rest is for the sockets' chunks.
 */
const ALLOWANCE = 64 * MIB

let core: ScriptedCore
let gateway: GatewayProcess

beforeAll(async () => {
  core = await startScriptedCore()
})

// A process for each test: what one leaves to be collected would hide the growth of the next.
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
/** Gzip may be many members in a row: 64 MiB of zeros, over and over. */
const bomb = (mebibytes: number) => Buffer.concat(Array.from({ length: mebibytes / 64 }, () => member))

interface Body {
  headers: Record<string, string>
  chunks: Buffer[]
}

// The last fills the limit packed and again unpacked.
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

/** Sends a body for as long as it is taken, and resolves with the status. */
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
    // Once it is answered, being hung up on is as good as any end.
    outgoing.once('error', (error) => setTimeout(reject, 1_000, error))
    const paced = chunks.values()
    // One chunk a turn of the event loop, so that an answer is seen as soon as it comes.
    const write = () => {
      const { value } = paced.next()
      if (value === undefined) outgoing.end()
      else if (!outgoing.destroyed) outgoing.write(value, () => setImmediate(write))
    }
    write()
  })
}

/** A gateway that hangs up on what it has refused may take its answer along, where the sender is still writing. */
async function untilAnswered(path: string, body: Body, attempts = 5): Promise<number> {
  try {
    return await post(path, body)
  } catch (error) {
    const hungUp = ['EPIPE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '')
    if (!hungUp || attempts === 1) throw error
    return untilAnswered(path, body, attempts - 1)
  }
}

/** The growth of the first round below `allowed`, of five: on a busy machine garbage waits longer to be collected. */
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
  test.each(BODIES)('%s: 413, and memory stays bounded', { timeout: 120_000 }, async (what, body) => {
    const pid = gateway.process.pid ?? 0
    const sent = body()
    const send = async (count: number, body: Body, status: number) => {
      const statuses = await Promise.all(Array.from({ length: count }, () => untilAnswered(path, body)))
      expect(statuses).toEqual(statuses.map(() => status))
    }
    // What V8 compiles and sets up once is not growth; refused as well, but for two bytes.
    for (let round = 0; round < 20; round++) await send(AT_ONCE, small(sent), 400)
    if (!canMeasure(pid)) {
      await send(AT_ONCE, sent, 413)
      process.stdout.write('body memory: not measured, since /proc tells no peak here\n')
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
