import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { acceptAll } from '../support/event-core.ts'
import { bearer } from '../support/keys-file.ts'
import { reply, type Script, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const NAMES = Array.from({ length: 12 }, (_, index) => `caller-${index}`)
const LINK = { timeoutMs: 20_000, deadlineMs: 25_000, maxRetries: 0 }

let core: ScriptedCore
let gateway: TestGateway
let folder: string
let apiKeysFile: string

beforeAll(async () => {
  core = await startScriptedCore()
  folder = await mkdtemp(join(tmpdir(), 'achilles-keys-'))
  apiKeysFile = join(folder, 'keys.json')
  const entries = NAMES.map((name) => ({ name, sha256: createHash('sha256').update(name).digest('hex') }))
  await writeFile(apiKeysFile, JSON.stringify(entries))
})
beforeEach(async () => {
  gateway = await startTestGateway(core, { upstream: LINK, auth: { apiKeysFile } })
})
afterEach(() => gateway.close())
afterAll(async () => {
  await core.close()
  await rm(folder, { recursive: true })
})

const [poisoner = '', ...honest] = NAMES
const event = (event_id: string) => ({
  event_id,
  event_type: 'error',
  source_type: 'ide',
  session_id: 's',
  timestamp: '2026-03-02T09:00:00Z',
})
const send = (name: string, id: string) => gateway.rest('POST', '/signals/events', event(id), bearer(name))

/** Core runs the script for the poisoner's events and accepts all others. */
const poisonedBy =
  (script: Script): Script =>
  (request, response, attempt) =>
    (request.text.includes('poison') ? script : acceptAll)(request, response, attempt)

/** About two hundred calls of one caller, three at a time, and fifty of another at the same time. */
async function besideHonestCalls(): Promise<number[]> {
  const poison = async () => {
    for (let call = 0; call < 66; call++) await send(poisoner, 'poison')
  }
  const statuses: number[] = []
  const work = async () => {
    for (let call = 0; call < 50; call++) statuses.push((await send(honest[0] ?? '', `e${call}`)).status)
  }
  await Promise.all([poison(), poison(), poison(), work()])
  return statuses
}

describe('one caller whose input makes Core fail', () => {
  test.each([500, 501, 505, 508, 511, 400, 404, 408, 413, 429])('with %i does not open the circuit', async (status) => {
    core.answer(poisonedBy(reply(status, { detail: 'poisoned' })))
    expect(new Set(await besideHonestCalls())).toEqual(new Set([200]))
    expect(gateway.health.ready).toBe(true)
  })

  test('with 500 does not open the circuit, even if it is the only caller', async () => {
    core.answer(reply(500, { detail: 'poisoned' }))
    for (let call = 0; call < 100; call++) expect((await send(poisoner, 'poison')).status).toBe(502)
    expect(gateway.health.ready).toBe(true)
  })

  test.each<[string, Script]>([
    ['an HTML page', reply(200, '<html>')],
    ['a contract violation', reply(200, { results: 'none' })],
    ['500 as text', reply(500, 'Internal Server Error')],
    ['more than 32 MiB', reply(200, ' '.repeat(33 * 2 ** 20))],
  ])('with %s does not open the circuit', async (_what, script) => {
    core.answer(poisonedBy(script))
    for (let call = 0; call < 15; call++) expect((await send(poisoner, 'poison')).status).toBe(502)
    expect((await send(honest[0] ?? '', 'e')).status).toBe(200)
  })

  test('anonymous callers count as one principal', async () => {
    const open = await startTestGateway(core, { upstream: LINK })
    core.answer(reply(500, { detail: 'poisoned' }))
    for (let call = 0; call < 40; call++) {
      expect((await open.rest('POST', '/signals/events', event(`e${call}`))).status).toBe(502)
    }
    expect(open.health.ready).toBe(true)
    await open.close()
  })
})

describe('a Core that fails opens the circuit', () => {
  test('with 500 for ten principals', async () => {
    core.answer(reply(500, { detail: 'down' }))
    for (const [index, name] of NAMES.slice(0, 10).entries()) {
      expect(gateway.health.ready, String(index)).toBe(true)
      expect((await send(name, 'e')).status).toBe(502)
    }
    expect(gateway.health.ready).toBe(false)
  })

  test.each<[string, Script]>([
    ['502', reply(502, {})],
    ['503', reply(503, {})],
    ['504', reply(504, {})],
    ['resets', (_request, response) => response.socket?.resetAndDestroy()],
    ['no response', () => {}],
    ['bytes that are not HTTP', (_request, response) => response.socket?.end('SSH-2.0\r\n')],
  ])('with %s, also for a single caller', async (_what, script) => {
    const hasty = await startTestGateway(core, { upstream: { ...LINK, timeoutMs: 300 } })
    core.answer(script)
    const call = () => hasty.rest('POST', '/signals/events', event('e'))
    await Promise.all(Array.from({ length: 12 }, call))
    expect(hasty.health.ready).toBe(false)
    await hasty.close()
  })
})
