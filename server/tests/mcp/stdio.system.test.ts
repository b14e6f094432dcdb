import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text as readAll } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { OPERATIONS, validInput } from '../support/operations.ts'
import { reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { endOf, spawnService } from '../support/service-process.ts'
import { toolCall } from '../support/tool-calls.ts'

const LARGE = '12345678901234567890'
const INITIALIZE =
  '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}'
const [snapshot] = OPERATIONS.filter(({ operation }) => operation === 'state.snapshot').map((row) => ({
  answer: row.answer as object,
  input: validInput(row),
}))

let core: ScriptedCore
let folder: string
let child: ChildProcess

beforeAll(async () => {
  core = await startScriptedCore()
  folder = await mkdtemp(join(tmpdir(), 'achilles-stdio-'))
})

afterEach(() => {
  child?.kill('SIGKILL')
})

afterAll(async () => {
  await core.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})

/** Starts the command in another directory and sends it lines. */
function start(settings: Record<string, string> = {}, args: string[] = ['--stdio']) {
  const all = { ACHILLES_BASE_URL: core.url, ACHILLES_API_KEY: 'core-key', ...settings }
  child = spawnService('main.ts', all, { cwd: folder, args, stdin: 'pipe' })
  const { stdin, stdout, stderr } = child
  if (!stdin || !stdout || !stderr) throw new Error('the command has no streams')
  const lines: string[] = []
  createInterface(stdout).on('line', (line) => lines.push(line))
  return { say: (line: string) => stdin.write(`${line}\n`), stdin, lines, log: readAll(stderr), ended: endOf(child) }
}

const answerTo = (lines: string[], id: number | null) =>
  lines.map((line) => JSON.parse(line)).find((message) => message.id === id)

test('every digit is kept in both directions, and only messages are written', async () => {
  core.answer(reply(200, JSON.stringify({ ...snapshot?.answer, n: 0 }).replace('"n":0', `"n":\n${LARGE}`)))
  const { say, stdin, lines, log, ended } = start()
  say(INITIALIZE)
  const input = JSON.stringify({ ...snapshot?.input, payload: 0 }).replace('"payload":0', `"payload":{"n":${LARGE}}`)
  say(toolCall('state.snapshot', input, 1))
  await expect.poll(() => lines).toHaveLength(2)
  expect(core.seen[0]?.text).toContain(`"payload":{"n":${LARGE}}`)
  expect(core.seen[0]?.headers).toMatchObject({ 'x-achilles-client': 'anonymous' })
  expect(lines[1]).toContain(`"n": ${LARGE}`)
  stdin.end()
  expect(await ended).toBe(0)
  expect(lines).toHaveLength(2)
  for (const line of (await log).trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg')
})

test('--tools chooses the tools, and implies --stdio', async () => {
  const { say, stdin, lines, ended } = start({}, ['--tools', 'read'])
  say(INITIALIZE)
  say('{"jsonrpc":"2.0","id":1,"method":"tools/list"}')
  await expect.poll(() => lines).toHaveLength(2)
  const { tools } = answerTo(lines, 1).result
  expect(tools.map(({ name }: { name: string }) => name)).toEqual(['health', 'sessions_resolve', 'signals_insights'])
  stdin.end()
  expect(await ended).toBe(0)
})

test('in-flight requests get a response when the input ends, then the process exits', async () => {
  core.answer((_request, response) => {
    stdin.end()
    setTimeout(() => reply(200, snapshot?.answer)({} as never, response, 1), 100)
  })
  const { say, stdin, lines, ended } = start()
  say(INITIALIZE)
  say(toolCall('state.snapshot', JSON.stringify(snapshot?.input), 1))
  expect(await ended).toBe(0)
  expect(answerTo(lines, 1)).toMatchObject({ result: { structuredContent: snapshot?.answer } })
})

test('a request longer than the grace period is aborted: exit 1', async () => {
  core.answer(() => stdin.end())
  const { say, stdin, ended } = start({ SHUTDOWN_GRACE_SECONDS: '0.1' })
  say(INITIALIZE)
  say(toolCall('state.snapshot', JSON.stringify(snapshot?.input), 1))
  expect(await ended).toBe(1)
})

test('a cancelled call is aborted at Core and delays nothing', async () => {
  let gone = () => {}
  const cut = new Promise<void>((resolve) => (gone = resolve))
  core.answer((_request, response) => {
    response.once('close', gone)
    say('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}')
  })
  const { say, stdin, ended, lines } = start()
  say(INITIALIZE)
  say(toolCall('state.snapshot', JSON.stringify(snapshot?.input), 1))
  await cut
  stdin.end()
  expect(await ended).toBe(0)
  expect(lines).toHaveLength(1)
})

test('it exits when its reader is gone', async () => {
  core.answer(reply(200, snapshot?.answer))
  const { say, ended } = start()
  child.stdout?.destroy()
  say(INITIALIZE)
  say(INITIALIZE)
  expect(await ended).not.toBeNull()
})

describe('invalid lines', () => {
  test.each([
    ['no JSON', 'nope', -32700],
    ['no message', '{"a":12345678901234567890}', -32600],
    ['a batch', `[${INITIALIZE}]`, -32600],
    ['too long', `{"a":"${'x'.repeat(2_000)}"}`, -32600],
    ['deep', '['.repeat(400) + ']'.repeat(400), -32600],
  ])('%s gets an error, and the next line is read', async (_, line, code) => {
    const { say, lines, log, stdin } = start({ MAX_BODY_BYTES: '1024' })
    say(line)
    say('')
    say(INITIALIZE)
    await expect.poll(() => lines).toHaveLength(2)
    expect(answerTo(lines, null)).toMatchObject({ jsonrpc: '2.0', error: { code } })
    expect(answerTo(lines, 0)).toHaveProperty('result')
    stdin.end()
    expect(await log).not.toContain('xxx')
  })
})

test.each([
  [['--stdio'], { LOG_LEVEL: 'loud' }, 'LOG_LEVEL', 1],
  [['--tools', 'write'], {}, 'Allowed choices are all, read, record.', 2],
  [['--studio'], {}, "unknown option '--studio'\n(Did you mean --stdio?)", 2],
])('%j with %j does not start, and reports why on standard error', async (args, settings, reason, exitCode) => {
  child = spawnService('main.ts', settings, { args })
  const [out, error] = await Promise.all([child.stdout, child.stderr].map((stream) => stream && readAll(stream)))
  expect(await endOf(child)).toBe(exitCode)
  expect(out).toBe('')
  expect(error).toContain(reason)
})
