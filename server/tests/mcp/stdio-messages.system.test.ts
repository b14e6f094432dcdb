import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { OPERATIONS, validInput } from '../support/operations.ts'
import { type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { endOf, spawnService } from '../support/service-process.ts'

const ingest = OPERATIONS.find(({ operation }) => operation === 'signals.ingest') as (typeof OPERATIONS)[0]

let core: ScriptedCore
let folder: string
let child: ChildProcess

beforeAll(async () => {
  core = await startScriptedCore()
  folder = await mkdtemp(join(tmpdir(), 'achilles-stdio-messages-'))
})

afterEach(() => {
  child?.kill('SIGKILL')
})

afterAll(async () => {
  await core.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})

const request = (method: string, params?: unknown, id: unknown = 6) => ({ jsonrpc: '2.0', id, method, params })
const initialize = (protocolVersion: string) =>
  request('initialize', { protocolVersion, capabilities: {}, clientInfo: { name: 'a', version: '1' } }, 'init')
const ping = (id: unknown) => request('ping', undefined, id)

/** Starts a gateway and negotiates a revision; `say` writes a message and resolves with the next line. */
async function connect(revision: string) {
  const settings = { ACHILLES_BASE_URL: core.url, ACHILLES_API_KEY: 'core-key' }
  child = spawnService('main.ts', settings, { cwd: folder, args: ['--stdio'], stdin: 'pipe' })
  child.stderr?.pipe(process.stderr)
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new Error('the command has no streams')
  const lines = createInterface(stdout)[Symbol.asyncIterator]()
  const write = (message: unknown) => stdin.write(`${JSON.stringify(message)}\n`)
  const next = async () => JSON.parse((await lines.next()).value as string)
  const say = (message: unknown) => {
    write(message)
    return next()
  }
  expect(await say(initialize(revision))).toMatchObject({ id: 'init', result: { protocolVersion: revision } })
  return { write, next, say, stdin, ended: endOf(child) }
}

const ids = (messages: { id: unknown }[]) => messages.map(({ id }) => id).sort()

test('an invalid request keeps its id, params of null count as absent, and a caller’s error is not internal', async () => {
  const { say } = await connect('2025-06-18')
  expect(await say(request('tools/list', null))).toMatchObject({ id: 6, result: { tools: expect.any(Array) } })
  const faults: [unknown, number, unknown][] = [
    [request('tools/list', 5), -32600, 6],
    [request('tools/list', []), -32600, 6],
    [request('tools/list', { _meta: 5 }, 'text'), -32600, 'text'],
    [{ ...request('tools/list'), jsonrpc: '1.0' }, -32600, 6],
    [{ ...request('tools/list'), more: 1 }, -32600, 6],
    [request('tools/list', {}, 1.5), -32600, 1.5],
    [request('tools/list', {}, null), -32600, null],
    [request('tools/list', {}, {}), -32600, null],
    [{ jsonrpc: '2.0', id: 7 }, -32600, null],
    [5, -32600, null],
    [request('tools/list', { cursor: 5 }), -32602, 6],
    [request('initialize', {}), -32602, 6],
    [request('tools/call', null), -32602, 6],
    [request('tools/call', { name: 5 }), -32602, 6],
    [request('tools/call', { name: 'nope' }), -32602, 6],
    [request('nope'), -32601, 6],
    [[ping(1)], -32600, null],
  ]
  for (const [message, code, id] of faults) {
    expect(await say(message), JSON.stringify(message)).toMatchObject({ id, error: { code } })
  }
  expect(await say(ping(8))).toEqual({ jsonrpc: '2.0', id: 8, result: {} })
})

describe('a batch of a client of 2025-03-26', () => {
  test('gets one array as response', async () => {
    const { say, stdin, ended } = await connect('2025-03-26')
    const notification = { jsonrpc: '2.0', method: 'notifications/initialized' }
    const batch = [ping(1), notification, request('tools/list', null, '2'), request('nope', {}, 3)]
    const answers = await say(batch)
    expect(ids(answers)).toEqual([1, '2', 3].sort())
    expect(answers).toEqual(
      expect.arrayContaining([
        { jsonrpc: '2.0', id: 1, result: {} },
        expect.objectContaining({ id: '2', result: { tools: expect.any(Array) } }),
        expect.objectContaining({ id: 3, error: expect.objectContaining({ code: -32601 }) }),
      ]),
    )
    expect(await say([ping(4)])).toEqual([{ jsonrpc: '2.0', id: 4, result: {} }])
    stdin.end()
    expect(await ended).toBe(0)
  })

  test('may contain invalid calls: each gets an error with its id, the others are served', async () => {
    const { say } = await connect('2025-03-26')
    const answers = await say([5, request('ping', [], 1), ping(2), initialize('2025-03-26'), { jsonrpc: '2.0', id: 3 }])
    expect(answers).toHaveLength(5)
    expect(answers).toContainEqual({ jsonrpc: '2.0', id: 2, result: {} })
    const faulty = answers.filter(({ error }: { error?: object }) => error)
    expect(faulty.every(({ error }: { error: { code: number } }) => error.code === -32600)).toBe(true)
    expect(faulty.map(({ id }: { id: unknown }) => id)).toEqual([null, 1, 'init', null])
  })

  test('is rejected as a whole if it is empty, too long, or repeats an id', async () => {
    const { say } = await connect('2025-03-26')
    for (const batch of [[], Array.from({ length: 101 }, (_, id) => ping(id)), [ping(1), ping(1)]]) {
      expect(await say(batch)).toMatchObject({ id: null, error: { code: -32600 } })
    }
    expect(await say(Array.from({ length: 100 }, (_, id) => ping(id)))).toHaveLength(100)
  })

  test('of notifications has no response', async () => {
    const { write, say } = await connect('2025-03-26')
    write([{ jsonrpc: '2.0', method: 'notifications/initialized' }])
    expect(await say(ping(1))).toMatchObject({ id: 1 })
  })

  test('may directly follow initialize', async () => {
    const { write, next } = await connect('2025-06-18')
    write({ ...initialize('2025-03-26'), id: 'again' })
    write([ping(1)])
    const answers = [await next(), await next()]
    expect(answers).toContainEqual([{ jsonrpc: '2.0', id: 1, result: {} }])
  })

  test('with a cancelled call gets a response without it, without delay', async () => {
    const { write, next, stdin, ended } = await connect('2025-03-26')
    const cut = new Promise<void>((resolve) => {
      core.answer((_request, response) => {
        response.once('close', resolve)
        write({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } })
      })
    })
    write([
      request('tools/call', { name: 'signals_ingest_batch', arguments: { events: [validInput(ingest)] } }, 1),
      ping(2),
    ])
    expect(await next()).toEqual([{ jsonrpc: '2.0', id: 2, result: {} }])
    await cut
    stdin.end()
    expect(await ended).toBe(0)
  })
})
