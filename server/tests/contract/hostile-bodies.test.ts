import { gzipSync } from 'node:zlib'
import { parseJson, stringifyJson } from '@achilles/mcp-contract'
import { describe, expect } from 'vitest'
import { OPERATIONS, type Operation, validInput } from '../support/operations.ts'
import { reply } from '../support/scripted-core.ts'
import { test as base } from '../support/scripted-gateway.ts'
import { answeredBy, MCP_HEADERS, toolCall } from '../support/tool-calls.ts'

const operationOf = (name: string) => OPERATIONS.find(({ operation }) => operation === name) as Operation
const SESSION = JSON.stringify(validInput(operationOf('sessions.create')))
const SESSION_OUT = operationOf('sessions.create').answer

/** The path to create a session on each surface, and a function that wraps its input. */
const SURFACES: [surface: string, path: string, (json: string) => string][] = [
  ['REST', '/api/achilles/v1/mcp/sessions', (json) => json],
  ['native', '/trpc/sessions.create', (json) => `{"json":${json}}`],
  ['native, as a batch', '/trpc/sessions.create?batch=1', (json) => `{"0":{"json":${json}}}`],
  ['native, handled by tRPC itself', '/trpc/sessions.create?as=trpc', (json) => `{"json":${json}}`],
  ['MCP', '/mcp', (json) => toolCall('sessions.create', json)],
]

type RequestBody = string | Uint8Array<ArrayBuffer>

const test = base
  .extend('post', ({ gateway }) => async (path: string, body: RequestBody, headers: Record<string, string> = {}) => {
    const response = await fetch(gateway.url + path, { method: 'POST', body, headers: { ...MCP_HEADERS, ...headers } })
    const text = await response.text()
    return { status: response.status, text }
  })
  /** Reads a session natively that Core has stored with this `config_snapshot`. */
  .extend('readNatively', ({ core, post }) => async (snapshot: string) => {
    const answer = JSON.stringify({ ...(SESSION_OUT as object), config_snapshot: 0 }).replace(
      '"config_snapshot":0',
      `"config_snapshot":${snapshot}`,
    )
    core.answer((_request, response) => response.end(answer))
    const { status, text } = await post('/trpc/sessions.create', `{"json":${SESSION}}`)
    expect(status, text).toBe(200)
    return JSON.parse(text).result.data
  })

const sessionWith = (snapshot: string) =>
  SESSION.replace(/,"config_snapshot":.*\}/, '}').replace(/\}$/, `,"config_snapshot":${snapshot}}`)

describe.each(SURFACES)('over %s', (surface, path, wrap) => {
  test('a byte order mark before the body is ignored, compressed or not', async ({ core, post }) => {
    core.answer(reply(200, SESSION_OUT))
    const body = Buffer.from(`\ufeff${wrap(sessionWith('{"a":"ä\ufeff"}'))}`)
    expect(await post(path, body)).toMatchObject({ status: 200 })
    expect(await post(path, gzipSync(body), { 'content-encoding': 'gzip' })).toMatchObject({ status: 200 })
    expect(core.seen.map(({ text }) => JSON.parse(text).config_snapshot)).toEqual([{ a: 'ä\ufeff' }, { a: 'ä\ufeff' }])
  })

  test.for<[string, string]>([
    ['700,000 keys', `{${Array.from({ length: 350_000 }, (_, index) => `"${index.toString(36)}":1`)}}`],
    ['long numbers', `[${Array(800_000).fill('1e999')}]`],
    ['empty objects', `[${Array(1_200_000).fill('{}')}]`],
    ['empty lists', '[],'.repeat(1_000_000)],
    ['levels', '['.repeat(2_000_000)],
    ['members that are text', `{${Array(300_000).fill('"a":""')}}`],
  ])('a body with too many tokens is 413: %s', async ([_what, json], { core, post }) => {
    core.answer(reply(200, SESSION_OUT))
    const { status, text } = await post(path, wrap(sessionWith(json)))
    expect(status).toBe(413)
    expect(text).toContain('JSON tokens')
    expect(text.length).toBeLessThan(2_000)
    expect(core.seen).toEqual([])
  })

  test('text in a string that looks like tokens does not count as tokens', async ({ core, post }) => {
    core.answer(reply(200, SESSION_OUT))
    const snapshot = JSON.stringify({ a: '[{",:'.repeat(300_000), b: '\\"'.repeat(100_000) })
    expect(await post(path, wrap(sessionWith(snapshot)))).toMatchObject({ status: 200 })
    expect(JSON.parse(core.seen[0]?.text ?? '').config_snapshot).toEqual(JSON.parse(snapshot))
  })

  const keepsDigits = !surface.includes('tRPC itself')
  test.for([
    '1e400',
    '-1.5E+401',
    '1e-400',
    '0.12345678901234567',
    '12345678901234567890',
    '9'.repeat(401),
    '9'.repeat(5_000),
    `1.${'0'.repeat(200_000)}1`,
  ])('a number beyond a double keeps every digit to Core and back: %s', async (number, { core, post }) => {
    const snapshot = `{"a":[${number}]}`
    core.answer((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(stringifyJson({ ...(SESSION_OUT as object), config_snapshot: parseJson(snapshotIn(request.text)) }))
    })
    const { status, text } = await post(path, wrap(sessionWith(snapshot)))
    if (!keepsDigits) return
    expect(status, text).toBe(200)
    expect(snapshotIn(core.seen[0]?.text ?? '')).toBe(snapshot)
    if (surface === 'REST') expect(text).toContain(`"config_snapshot":${snapshot}`)
    if (surface === 'MCP') expect(stringifyJson(answeredBy('sessions.create', text).value)).toContain(snapshot)
  })
})

const snapshotIn = (text: string) => text.slice(text.indexOf('"config_snapshot":') + '"config_snapshot":'.length, -1)

const DEEP = '['.repeat(20_000) + ']'.repeat(20_000)

describe('natively', () => {
  test('a stored whole number beyond a double is a bigint', async ({ readNatively }) => {
    const { json, meta } = await readNatively(`{"a":[1e400,-12.5e399,${'9'.repeat(401)},1e-400,1e999999,-0]}`)
    expect(json.config_snapshot.a).toEqual([
      `1${'0'.repeat(400)}`,
      `-125${'0'.repeat(398)}`,
      '9'.repeat(401),
      0,
      'Infinity',
      '-0',
    ])
    expect(meta.values).toMatchObject({ 'config_snapshot.a.0': ['bigint'], 'config_snapshot.a.4': ['number'] })
  })

  test('a session with a stored key that superjson rejects can be read', async ({ readNatively }) => {
    const { json } = await readNatively('{"constructor":{"prototype":[12345678901234567890,1.5]},"__proto__":{"a":1}}')
    expect(json.config_snapshot.constructor).toEqual({ prototype: [12345678901234567000, 1.5] })
  })

  test('too many equalities, and unknown types, are rejected with a short message', async ({ core, post }) => {
    const json = JSON.parse(sessionWith('{"a":1}'))
    const values = (type: unknown) => ({ json, meta: { values: { 'config_snapshot.a': type } } })
    for (const input of [
      values([['class', 'DEEP']]),
      values(['x'.repeat(100_000)]),
      values(['constructor']),
      values([{ toString: 1 }]),
      { json, meta: { values: { [`config_snapshot.${'\\'.repeat(160_000)}`]: ['Date'] } } },
      { json, meta: { referentialEqualities: { config_snapshot: Array(100_000).fill('config_snapshot.a') } } },
    ]) {
      core.answer(reply(200, SESSION_OUT))
      const { status, text } = await post('/trpc/sessions.create', JSON.stringify(input).replace('"DEEP"', DEEP))
      expect(status, text.slice(0, 500)).toBe(400)
      expect(text.length).toBeLessThan(5_000)
    }
  })
})

test('1000 events of 5 KiB with 60 keys in each payload are forwarded', async ({ core, gateway }) => {
  core.answer(reply(200, { results: [], failed: [] }))
  const events = Array.from({ length: 1000 }, (_, index) => ({
    ...(validInput(operationOf('signals.ingest')) as object),
    event_id: `e-${index}`,
    payload: Object.fromEntries(Array.from({ length: 60 }, (_, key) => [`key_${key}`, 'x'.repeat(60)])),
  }))
  const { status } = await gateway.rest('POST', '/signals/events/batch', { events })
  expect(status).toBe(200)
})
