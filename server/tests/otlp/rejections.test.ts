import { describe, expect } from 'vitest'
import { TRACES_REQUEST } from '../../src/surfaces/otlp/protobuf-messages.ts'
import { encodeProtobuf } from '../support/encode-protobuf.ts'
import { exportOtlp, logsOf, spansOf } from '../support/otlp-requests.ts'
import { reply, type Script } from '../support/scripted-core.ts'
import { test as base } from '../support/scripted-gateway.ts'
import { storeSessions } from '../support/session-core.ts'
import { type TestAttributes, testSource } from '../support/test-source.ts'

const test = base
  .override('settings', { agentSources: [testSource], upstream: { maxRetries: 0 } })
  .extend('send', ({ gateway }) => (records: TestAttributes[], headers: Record<string, string> = {}) => {
    return exportOtlp(`${gateway.url}/v1/logs`, logsOf(records), headers)
  })

describe('a part of a request', () => {
  test('that Core rejects: the others are stored, and the response counts it', async ({ core, send }) => {
    const stored = storeSessions(core)
    stored.rejected.set('e-2', 'not this one')
    const answer = await send(['e-1', 'e-2', 'e-3'].map((id) => ({ session: 's-12', id })))
    expect(answer.status).toBe(200)
    expect(answer.partialSuccess).toEqual({
      rejected: 1,
      errorMessage: '1 of 3 records were rejected: event e-2: not this one',
    })
    expect(stored.events.map(({ event_id }) => event_id)).toEqual(['e-1', 'e-3'])
  })

  test('of spans in protobuf: the same', async ({ core, gateway }) => {
    storeSessions(core).rejected.set('e-1', 'not this one')
    const spans = spansOf(['e-1', 'e-2'].map((id) => ({ session: 's-21', id })))
    const answer = await exportOtlp(`${gateway.url}/v1/traces`, encodeProtobuf(spans, TRACES_REQUEST))
    expect(answer).toMatchObject({
      status: 200,
      partialSuccess: { rejected: 1, errorMessage: '1 of 2 records were rejected: event e-1: not this one' },
    })
  })

  test('that the gateway rejects: the same', async ({ core, send, gateway }) => {
    const stored = storeSessions(core)
    const answer = await send([
      { session: 's-13', id: 'e-1', type: 'no_such_type' },
      { session: 's-13', id: 'e-2' },
    ])
    expect(answer.partialSuccess).toEqual({
      rejected: 1,
      errorMessage: expect.stringMatching(/^1 of 2 records were rejected: event e-1: events\[0\]\.event_type: /),
    })
    expect(stored.events.map(({ event_id }) => event_id)).toEqual(['e-2'])
    expect(gateway.requests.at(-1)).toMatchObject({ surface: 'otlp', status: 422, code: 'UNPROCESSABLE_CONTENT' })
    expect(await gateway.metrics.registry.metrics()).toContain(
      'otlp_records_total{signal="logs",source="test-agent",result="rejected"}',
    )
  })

  test('a record that cannot be read: the same', async ({ core, gateway }) => {
    const stored = storeSessions(core)
    const text = JSON.stringify(
      logsOf([
        { session: 's-14', id: 'e-1' },
        { session: 's-14', id: 'e-2' },
      ]),
    )
    const answer = await exportOtlp(`${gateway.url}/v1/logs`, text.replace('"1772442251250000000"', '"-1"'))
    expect(answer.partialSuccess).toEqual({
      rejected: 1,
      errorMessage:
        '1 of 2 records were rejected: resourceLogs[0].scopeLogs[0].logRecords[0].timeUnixNano: must be from 0 to 2^64 - 1',
    })
    expect(stored.events.map(({ event_id }) => event_id)).toEqual(['e-2'])
  })

  test('a batch that Core rejects as a whole is split', async ({ core, send }) => {
    const stored = storeSessions(core, (request, response, attempt) => {
      if (!request.text.includes('"poison"')) return false
      reply(422, { detail: 'poison' })(request, response, attempt)
      return true
    })
    const ids = Array.from({ length: 100 }, (_, index) => (index === 41 ? 'poison' : `e-${index}`))
    const answer = await send(ids.map((id) => ({ session: 's-15', id })))
    expect(answer.partialSuccess).toEqual({ rejected: 1, errorMessage: '1 of 100 records were rejected: poison' })
    expect(stored.events).toHaveLength(99)
    expect(stored.calls.length).toBeLessThan(20)
  })

  test('a Core that rejects everything gets a bounded number of calls', async ({ core, send }) => {
    const stored = storeSessions(core, (request, response, attempt) => {
      if (request.url !== '/signals/events/batch') return false
      reply(400, { detail: 'no' })(request, response, attempt)
      return true
    })
    const records = Array.from({ length: 1000 }, (_, index) => ({ session: 's-16', id: `e-${index}` }))
    expect(await send(records)).toMatchObject({ status: 400, message: 'no' })
    expect(stored.calls.length).toBeLessThan(80)
  })
})

describe('a session that fails for now fails the request, so that the exporter repeats it', () => {
  const failing =
    (session: string, script: Script) =>
    (...call: Parameters<Script>): boolean => {
      const [request] = call
      if (!request.text.includes(session)) return false
      script(...call)
      return true
    }

  test.for([
    ['503', reply(503, { detail: 'later' }), 503],
    ['500', reply(500, { detail: 'a fault' }), 502],
    ['no response', (_request, response) => response.destroy(), 503],
    ['a response without the event', reply(200, { results: [], failed: [] }), 502],
    ['401', reply(401, { detail: 'the key of the gateway' }), 503],
    ['403', reply(403, { detail: 'the key of the gateway' }), 503],
    ['404', reply(404, { detail: 'the URL of Core' }), 503],
    ['429', reply(429, { detail: 'later' }), 429],
    ['405', reply(405, { detail: 'another Core' }), 502],
  ] as [string, Script, number][])('%s', async ([name, script, status], { core, send }) => {
    const records = [`${name}-a`, `${name}-b`].map((session) => ({ session, id: `of ${session}` }))
    // The id of an event, which only the call with events has.
    storeSessions(core, failing(`of ${name}-b`, script))
    const answer = await send(records)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('retry-after')).toBe(status === 503 || status === 429 ? '1' : null)
    const stored = storeSessions(core)
    expect(await send(records)).toMatchObject({ status: 200, partialSuccess: undefined })
    expect(stored.events.map(({ event_id }) => event_id).sort()).toEqual(records.map(({ id }) => id))
  })

  test('opening, too, and the log names the status of Core', async ({ core, send, gateway }) => {
    for (const status of [401, 403, 404]) {
      storeSessions(core, failing('s-17', reply(status, { detail: 'a secret' })))
      const message = `Core rejected a call of the gateway with status ${status}.`
      expect(await send([{ session: 's-17', id: 'e-1' }])).toMatchObject({ status: 503, message })
      expect(gateway.requests.at(-1)).toMatchObject({ surface: 'otlp', status: 503, detail: message })
    }
  })

  test('the sessions of other workspaces, which Core accepts, are stored', async ({ core, send }) => {
    const stored = storeSessions(core, failing('refused', reply(403, { detail: 'not this workspace' })))
    const accepted = Array.from({ length: 20 }, (_, index) => `s-18-${index}`)
    const records = ['refused', ...accepted].map((session) => ({ session, id: `of ${session}` }))
    expect(await send(records)).toMatchObject({ status: 503 })
    expect(stored.events.map(({ event_id }) => event_id).sort()).toEqual(accepted.map((id) => `of ${id}`).sort())
  })
})
