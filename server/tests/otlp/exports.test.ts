import { gzipSync } from 'node:zlib'
import { describe, expect } from 'vitest'
import { LOGS_REQUEST, TRACES_REQUEST } from '../../src/surfaces/otlp/protobuf-messages.ts'
import type { RequestFacts } from '../../src/telemetry/telemetry.ts'
import { encodeProtobuf } from '../support/encode-protobuf.ts'
import {
  exportOtlp,
  JSON_TYPE,
  logsOf,
  PROTOBUF_TYPE,
  spansOf,
  toAttributes,
  WORKSPACE,
} from '../support/otlp-requests.ts'
import { test as base } from '../support/scripted-gateway.ts'
import { type StoredSessions, storeSessions } from '../support/session-core.ts'
import { startTestGateway } from '../support/test-gateway.ts'
import { testSource } from '../support/test-source.ts'

const test = base
  .override('settings', { agentSources: [testSource] })
  .extend('stored', ({ core }): StoredSessions => storeSessions(core))

const EVENT = {
  event_id: 'e-1',
  event_type: 'tool_call',
  source_type: 'agent',
  session_id: 'ses_1',
  timestamp: '2026-03-02T09:04:11.250Z',
  payload: { name: 'test.event' },
}

describe('records become events of one session, in either encoding', () => {
  const encode = (logs: object) => encodeProtobuf(logs, LOGS_REQUEST)
  const packed = { 'content-encoding': 'gzip' }

  test.for([
    ['JSON', JSON_TYPE, JSON.stringify, {}],
    ['JSON with parameters', JSON_TYPE, JSON.stringify, { 'content-type': 'Application/JSON; charset=utf-8' }],
    ['packed JSON', JSON_TYPE, (logs) => gzipSync(JSON.stringify(logs)), { 'content-type': JSON_TYPE, ...packed }],
    ['protobuf', PROTOBUF_TYPE, encode, {}],
    ['packed protobuf', PROTOBUF_TYPE, (logs) => gzipSync(encode(logs)), packed],
  ] as [string, string, (logs: object) => string | Uint8Array<ArrayBuffer>, Record<string, string>][])(
    '%s',
    async ([session, type, toBody, headers], { gateway, stored }) => {
      const logs = logsOf([
        { session, id: 'e-1', type: 'tool_call' },
        { session, id: 'e-2' },
      ])
      const answer = await exportOtlp(`${gateway.url}/v1/logs`, toBody(logs), headers)
      expect(answer).toMatchObject({ status: 200, partialSuccess: undefined })
      expect(answer.headers.get('content-type')).toBe(type)
      expect([...stored.sessions.values()]).toEqual([
        {
          external_session_key: `test-agent:${session}`,
          user_id: 'unknown',
          workspace_id: 'ws-1',
          start_time: EVENT.timestamp,
        },
      ])
      expect(stored.events).toEqual([EVENT, { ...EVENT, event_id: 'e-2', event_type: 'custom' }])
      expect(stored.calls).toEqual(['POST /mcp/sessions', 'POST /signals/events/batch'])
    },
  )

  test('spans', async ({ gateway, stored }) => {
    const spans = spansOf([{ session: 's-2', id: 'e-1' }])
    for (const body of [spans, encodeProtobuf(spans, TRACES_REQUEST)]) {
      expect(await exportOtlp(`${gateway.url}/v1/traces`, body)).toMatchObject({ status: 200 })
    }
    expect(stored.events).toMatchObject([{ event_id: 'e-1', payload: { name: 'test.span' } }])
  })
})

test('an event that is reported twice is stored once', async ({ gateway, stored }) => {
  const twice = logsOf([
    { session: 's-3', id: 'e-1' },
    { session: 's-3', id: 'e-1', type: 'error' },
  ])
  expect(await exportOtlp(`${gateway.url}/v1/logs`, twice)).toMatchObject({ status: 200, partialSuccess: undefined })
  expect(await exportOtlp(`${gateway.url}/v1/logs`, twice)).toMatchObject({ status: 200, partialSuccess: undefined })
  expect(await exportOtlp(`${gateway.url}/v1/traces`, spansOf([{ session: 's-3', id: 'e-1' }]))).toMatchObject({
    status: 200,
  })
  expect(stored.events).toMatchObject([{ event_id: 'e-1', event_type: 'custom' }])
})

test('content never reaches Core', async ({ core, gateway, stored }) => {
  await exportOtlp(`${gateway.url}/v1/logs`, logsOf([{ session: 's-4', id: 'e-1', prompt: 'a secret' }]))
  expect(stored.events).toHaveLength(1)
  expect(core.seen.map(({ text }) => text).join()).not.toContain('secret')
})

test('a thousand events make one call, more make several', async ({ gateway, stored }) => {
  const many = logsOf(Array.from({ length: 2001 }, (_, index) => ({ session: 's-5', id: `e-${index}` })))
  expect(await exportOtlp(`${gateway.url}/v1/logs`, many)).toMatchObject({ status: 200, partialSuccess: undefined })
  expect(stored.events).toHaveLength(2001)
  expect(stored.calls.filter((call) => call === 'POST /signals/events/batch')).toHaveLength(3)
})

describe('what is stored elsewhere or nowhere is acknowledged', () => {
  test('metrics, counted', async ({ gateway, stored }) => {
    const metric = { name: 'm', sum: { dataPoints: [{ asInt: '1' }] } }
    const metrics = { resourceMetrics: [{ scopeMetrics: [{ metrics: [metric, metric] }] }] }
    expect(await exportOtlp(`${gateway.url}/v1/metrics`, metrics)).toMatchObject({ status: 200 })
    expect(await exportOtlp(`${gateway.url}/v1/metrics`, new Uint8Array())).toMatchObject({ status: 200 })
    expect(stored.calls).toEqual([])
    expect(await gateway.metrics.registry.metrics()).toContain(
      'otlp_records_total{signal="metrics",source="none",result="ignored"} 2',
    )
  })

  test('what no agent sent: counted, and its scope logged once', async ({ gateway, stored }) => {
    const foreign = logsOf([{ session: 's-1', id: 'e-1' }], {
      scope: 'a-library',
      resource: { 'service.name': 'shop' },
    })
    expect(await exportOtlp(`${gateway.url}/v1/logs`, foreign)).toMatchObject({
      status: 200,
      partialSuccess: undefined,
    })
    expect(await exportOtlp(`${gateway.url}/v1/logs`, foreign)).toMatchObject({ status: 200 })
    expect(stored.calls).toEqual([])
    const lines = gateway.log.map((line) => JSON.parse(line)).filter(({ scope }) => scope === 'a-library')
    expect(lines).toMatchObject([{ signal: 'logs', service: 'shop' }])
    expect(await gateway.metrics.registry.metrics()).toContain(
      'otlp_records_total{signal="logs",source="none",result="ignored"} 2',
    )
  })

  test('what an agent sent but does not report', async ({ gateway, stored }) => {
    const silent = logsOf([{ session: 's-6' }])
    expect(await exportOtlp(`${gateway.url}/v1/logs`, silent)).toMatchObject({ status: 200 })
    expect(stored.calls).toEqual([])
  })

  test('scopes are logged up to a limit', async ({ gateway }) => {
    const scopes = Array.from({ length: 100 }, (_, index) => `library-${index}-${'x'.repeat(1000)}`)
    const resourceLogs = scopes.flatMap((scope) => logsOf([{ session: 's' }], { scope }).resourceLogs)
    await exportOtlp(`${gateway.url}/v1/logs`, { resourceLogs })
    const lines = gateway.log.filter((line) => line.includes('of no known agent'))
    expect(lines.length).toBeLessThanOrEqual(16)
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(500)
  })
})

test('agents whose hooks are connected: telemetry adds what they leave out', async ({ gateway, stored }) => {
  const records = ['tool_call', 'agent_response', 'error'].map((type) => ({ session: 's-7', id: type, type }))
  const resource = { ...WORKSPACE, 'achilles.hooks': true }
  for (const [body, headers] of [
    [logsOf(records), { 'x-achilles-hooks': 'true' }],
    [logsOf(records, { resource }), {}],
  ] as const) {
    expect(await exportOtlp(`${gateway.url}/v1/logs`, body, { ...headers })).toMatchObject({
      status: 200,
      partialSuccess: undefined,
    })
  }
  expect(stored.events.map(({ event_id, event_type }) => [event_id, event_type])).toEqual([
    ['agent_response', 'custom'],
    ['error', 'error'],
  ])
})

test('JSON as lenient as the protocol wants: numbers for text, null for absent, unknown fields', async ({
  gateway,
  stored,
}) => {
  const attributes = [...toAttributes({ session: 's-8', id: 'e-1' }), { key: 'none' }, { key: 'empty', value: {} }]
  const body = {
    future: 1,
    resourceLogs: [
      {
        resource: { attributes: toAttributes(WORKSPACE), entityRefs: [] },
        schemaUrl: 'x',
        scopeLogs: [
          {
            scope: { name: 'test-agent', attributes: null },
            logRecords: [
              {
                timeUnixNano: '0',
                observedTimeUnixNano: 0,
                severityNumber: 'SEVERITY_NUMBER_INFO',
                body: null,
                attributes,
              },
            ],
          },
          { scope: null, logRecords: null },
        ],
      },
      { resource: null },
    ],
  }
  const text = JSON.stringify(body).replace('"observedTimeUnixNano":0', '"observedTimeUnixNano":1772442251250000001')
  expect(await exportOtlp(`${gateway.url}/v1/logs`, text)).toMatchObject({ status: 200, partialSuccess: undefined })
  expect(stored.events).toMatchObject([{ event_id: 'e-1', timestamp: '2026-03-02T09:04:11.250000001Z' }])
})

test('a request without a time has that of its arrival', async ({ gateway, stored }) => {
  const text = JSON.stringify(logsOf([{ session: 's-9', id: 'e-1' }])).replaceAll('1772442251250000000', '0')
  const before = new Date().toISOString()
  await exportOtlp(`${gateway.url}/v1/logs`, text)
  const { timestamp = '' } = stored.events[0] ?? {}
  expect(timestamp >= before && timestamp <= new Date().toISOString()).toBe(true)
})

test('empty requests', async ({ gateway }) => {
  for (const body of ['{}', '{"resourceLogs":[]}', new Uint8Array()]) {
    expect(await exportOtlp(`${gateway.url}/v1/logs`, body)).toMatchObject({ status: 200, partialSuccess: undefined })
  }
})

test('a request that stores nothing has no span, so that a gateway that sends traces to itself does not trace them', async ({
  core,
}) => {
  const ended: RequestFacts[] = []
  const attempt = { headers: {}, end() {} }
  const span = { traceId: '0'.repeat(32), startAttempt: () => attempt, end: (facts: RequestFacts) => ended.push(facts) }
  const tracing = { startRequest: () => span, stop: async () => {} }
  const gateway = await startTestGateway(core, { tracing, agentSources: [testSource] })
  storeSessions(core)
  for (const scope of ['achilles-mcp-gateway', 'test-agent']) {
    await exportOtlp(`${gateway.url}/v1/traces`, spansOf([{ session: 's-11', id: scope }], { scope }))
  }
  expect(ended).toMatchObject([{ surface: 'otlp', procedures: ['sessions.create', 'signals.ingestBatch'] }])
  await gateway.close()
})

test('a request is one line of the log, and one request in the metrics', async ({ gateway, stored }) => {
  await exportOtlp(`${gateway.url}/v1/logs`, logsOf([{ session: 's-10', id: 'e-1' }]))
  expect(stored.events).toHaveLength(1)
  expect(gateway.requests.at(-1)).toMatchObject({
    surface: 'otlp',
    procedure: 'sessions.create,signals.ingestBatch',
    principal: 'anonymous',
    status: 200,
    core_attempts: 2,
  })
})
