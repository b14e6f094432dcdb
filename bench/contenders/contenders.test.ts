import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type RunningContender, type RunningCore, startContender, startCore } from '../servers.ts'
import { CONTENDERS, findContenders, type Surface } from './contenders.ts'
import { CALLER_HEADERS, OPERATIONS, type Operation, REST_BASE } from './operations.ts'

const API_KEY = 'the-key-of-core'
const TIME = '2026-03-02T09:04:11.250Z'
const EVENT = { event_type: 'file_edited', source_type: 'ide', session_id: 'ses_8c41', timestamp: TIME }
const events = ['a', 'b', 'c'].map((event_id) => ({ event_id, ...EVENT, payload: { lines: 12, of: null } }))

interface Call {
  operation: Operation
  procedure: string
  input: unknown
}

const CALLS: Call[] = [
  {
    operation: OPERATIONS.createSession,
    procedure: 'sessions.create',
    input: { external_session_key: 'vscode-7f3a', user_id: 'ada', workspace_id: 'ws', start_time: TIME, tags: ['a'] },
  },
  { operation: OPERATIONS.ingestBatch, procedure: 'signals.ingestBatch', input: { events } },
  { operation: OPERATIONS.insights, procedure: 'signals.insights', input: { session_id: 'ses_8c41', limit: 20 } },
]

const INVALID = [
  ['an unknown event_type', { events: [{ ...events[0], event_type: 'file_dreamt' }] }],
  ['an unknown key', { events: [{ ...events[0], received_at: TIME }] }],
] as const

let logs: string
let core: RunningCore
const seen: { url: string | undefined; headers: IncomingHttpHeaders; body: unknown }[] = []
/** A proxy to the near-free Core that records requests. */
const recorder = createServer(async (request, response) => {
  const body = await buffer(request)
  seen.push({ url: request.url, headers: request.headers, body: JSON.parse(body.toString()) })
  const proxied = await fetch(`${core.url}${request.url}`, { method: 'POST', body })
  response.writeHead(proxied.status, { 'content-type': 'application/json' })
  response.end(await proxied.text())
})

beforeAll(async () => {
  logs = await mkdtemp(join(tmpdir(), 'contenders-'))
  core = await startCore({ logFile: join(logs, 'core.log') })
  await once(recorder.listen(0, '127.0.0.1'), 'listening')
})
afterAll(async () => {
  recorder.closeAllConnections()
  recorder.close()
  await core?.stop()
  await rm(logs, { recursive: true, force: true })
})

describe.each(CONTENDERS)('$name', (contender) => {
  const isHere = findContenders().contenders.includes(contender)
  const tried = contender.surfaces.flatMap((surface) => CALLS.map((call) => [surface, call.procedure, call] as const))
  let running: RunningContender

  beforeAll(async () => {
    if (!isHere) return
    const url = `http://127.0.0.1:${(recorder.address() as AddressInfo).port}`
    running = await startContender(contender, { core: { url, apiKey: API_KEY }, logFile: join(logs, 'contender.log') })
  })
  beforeEach(() => {
    seen.length = 0
  })
  afterAll(() => running?.stop())

  test.runIf(isHere).for(tried)('%s %s: Core’s own response', async ([surface, , call]) => {
    const { operation, input } = call
    const own = await post(`${core.url}${operation.core}`, input)
    expect(await ask(running, surface, call)).toEqual({ status: 200, body: await own.json() })
    expect(seen).toEqual([
      {
        url: operation.core,
        headers: expect.objectContaining({
          authorization: `Bearer ${API_KEY}`,
          'content-type': expect.stringMatching(/^application\/json/),
          'x-request-id': expect.stringMatching(/./),
        }),
        body: input,
      },
    ])
    expect('idempotency-key' in (seen[0]?.headers ?? {})).toBe(operation.write)
  })

  test.runIf(isHere && contender.validates).for(INVALID)('rejects %s', async ([, input]) => {
    for (const surface of contender.surfaces) {
      const call = { operation: OPERATIONS.ingestBatch, procedure: 'signals.ingestBatch', input }
      expect([400, 422]).toContain((await ask(running, surface, call)).status)
    }
    expect(seen).toEqual([])
  })
})

async function ask({ url }: RunningContender, surface: Surface, { operation, procedure, input }: Call) {
  if (surface === 'rest') {
    const response = await post(`${url}${REST_BASE}${operation.rest}`, input)
    return { status: response.status, body: await response.json() }
  }
  const wire = { json: input }
  const response = await (operation.write
    ? post(`${url}/trpc/${procedure}`, wire)
    : fetch(`${url}/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify(wire))}`, { headers: CALLER_HEADERS }))
  const { result } = (await response.json()) as { result?: { data: { json: unknown } } }
  return { status: response.status, body: result?.data.json }
}

function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: CALLER_HEADERS,
    body: JSON.stringify(body),
  })
}
