import type { CompleteEvent } from '@achilles/mcp-contract'
import { SpanStatusCode } from '@opentelemetry/api'
import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import { OTLPLogExporter as JsonLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtobufLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import { afterEach, describe, expect, vi } from 'vitest'
import { bearer, KEYS, writeKeysFile } from '../support/keys-file.ts'
import { inTurn, reply, type Script } from '../support/scripted-core.ts'
import { testWithCore as base } from '../support/scripted-gateway.ts'
import { storeSessions } from '../support/session-core.ts'
import { startTestGateway } from '../support/test-gateway.ts'
import { testSource } from '../support/test-source.ts'

const test = base.extend('gateway', { scope: 'file' }, async ({ core }, { onCleanup }) => {
  const keys = await writeKeysFile(['ws-1'])
  const gateway = await startTestGateway(core, {
    auth: { apiKeysFile: keys.path },
    upstream: { maxRetries: 0 },
    agentSources: [testSource],
  })
  onCleanup(async () => {
    await gateway.close()
    await keys.remove()
  })
  return gateway
})

afterEach(() => vi.unstubAllEnvs())

/** The result of each of an exporter's exports, in order. */
function observed<Exporter extends LogRecordExporter | SpanExporter>(exporter: Exporter) {
  const results: ExportResult[] = []
  const send = exporter.export.bind(exporter) as (items: never, done: (result: ExportResult) => void) => void
  exporter.export = (items: never, done: (result: ExportResult) => void) =>
    send(items, (result) => {
      results.push(result)
      done(result)
    })
  return { exporter, results }
}

const resource = resourceFromAttributes({ 'service.name': 'an-agent', 'achilles.user': 'ada' })
const EVENTS = ['e-1', 'e-2', 'e-3']

async function exportLogs(exporter: LogRecordExporter, session: string): Promise<ExportResult[]> {
  const { results } = observed(exporter)
  const provider = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] })
  const logger = provider.getLogger('test-agent', '1.0.0')
  for (const id of EVENTS) {
    logger.emit({
      eventName: 'test.event',
      timestamp: 1_772_442_251_250,
      body: { nested: ['text', 1, true, { deep: null }], bytes: new Uint8Array([1, 2]) },
      attributes: { session, id, type: 'tool_call', count: 5, ratio: 0.5, list: ['a', 'b'], prompt: 'a secret' },
    })
  }
  await provider.shutdown()
  return results
}

async function exportSpans(exporter: SpanExporter, session: string): Promise<ExportResult[]> {
  const { results } = observed(exporter)
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] })
  const tracer = provider.getTracer('test-agent')
  for (const id of EVENTS) {
    const span = tracer.startSpan('test.span', { startTime: 1_772_442_251_250, attributes: { session, id } })
    span.addEvent('an-event', { a: 1 })
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'failed' })
    span.end(1_772_442_252_250)
  }
  await provider.shutdown()
  return results
}

const SUCCESS = [{ code: ExportResultCode.SUCCESS }]
const gzip = { compression: 'gzip' as never }

describe('OpenTelemetry’s exporters, configured by the environment', () => {
  const kinds: [string, (session: string) => Promise<ExportResult[]>, string][] = [
    ['logs as JSON', (session) => exportLogs(new JsonLogExporter(), session), 'test.event'],
    ['logs as packed JSON', (session) => exportLogs(new JsonLogExporter(gzip), session), 'test.event'],
    ['logs as protobuf', (session) => exportLogs(new ProtobufLogExporter(), session), 'test.event'],
    ['spans as JSON', (session) => exportSpans(new JsonTraceExporter(), session), 'test.span'],
    ['spans as packed protobuf', (session) => exportSpans(new ProtobufTraceExporter(gzip), session), 'test.span'],
  ]

  test.for(kinds)('%s', async ([session, send, name], { core, gateway }) => {
    const stored = storeSessions(core)
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', gateway.url)
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', `authorization=Bearer%20${KEYS.everything},x-achilles-workspace=ws-1`)
    expect(await send(session)).toEqual(SUCCESS)
    expect([...stored.sessions.values()]).toMatchObject([
      { external_session_key: `test-agent:${session}`, workspace_id: 'ws-1', user_id: 'ada' },
    ])
    expect(stored.events).toMatchObject(
      EVENTS.map((event_id) => ({ event_id, timestamp: '2026-03-02T09:04:11.250Z', payload: { name } })),
    )
    expect(core.seen.map(({ text }) => text).join()).not.toContain('secret')
  })
})

describe('while Core is away exporters send again', () => {
  const dropped: Script = (_request, response) => response.destroy()

  test('until it is back: everything is stored once', async ({ core, gateway }) => {
    let calls = 0
    const away = inTurn(dropped, reply(503, { detail: 'starting' }, { 'retry-after': '1' }))
    const stored = storeSessions(core, (request, response) => {
      calls++
      if (calls > 2) return false
      away(request, response, calls)
      return true
    })
    const headers = { ...bearer(KEYS.limited) }
    const exporter = new JsonLogExporter({ url: `${gateway.url}/v1/logs`, headers, timeoutMillis: 60_000 })
    expect(await exportLogs(exporter, 'away')).toEqual(SUCCESS)
    expect(stored.events.map(({ event_id }) => event_id)).toEqual(EVENTS)
    expect(gateway.requests.filter(({ surface }) => surface === 'otlp').map(({ status }) => status)).toEqual(
      expect.arrayContaining([503, 503, 200]),
    )
  })

  test.for([401, 403, 404])('also while Core answers %i to the gateway', async (status, { core, gateway }) => {
    let calls = 0
    const stored = storeSessions(core, (request, response, attempt) => {
      if (++calls > 1) return false
      reply(status, { detail: 'a valid bearer key is required' })(request, response, attempt)
      return true
    })
    const headers = bearer(KEYS.limited)
    const exporter = new JsonLogExporter({ url: `${gateway.url}/v1/logs`, headers, timeoutMillis: 60_000 })
    expect(await exportLogs(exporter, `status ${status}`)).toEqual(SUCCESS)
    expect(stored.events.map(({ event_id }) => event_id)).toEqual(EVENTS)
  })

  test('also if Core had stored the events, but its response was lost', async ({ core, gateway }) => {
    let lost = false
    const exporter = new ProtobufLogExporter({
      url: `${gateway.url}/v1/logs`,
      headers: bearer(KEYS.limited),
      timeoutMillis: 60_000,
    })
    const stored = storeSessions(core, (request, response) => {
      if (lost || request.url !== '/signals/events/batch') return false
      lost = true
      stored.events.push(...(JSON.parse(request.text) as { events: CompleteEvent[] }).events)
      response.destroy()
      return true
    })
    expect(await exportLogs(exporter, 'lost')).toEqual(SUCCESS)
    expect(stored.events.map(({ event_id }) => event_id)).toEqual(EVENTS)
  })
})

test('an exporter without a valid key gives up, and gets the reason', async ({ core, gateway }) => {
  const stored = storeSessions(core)
  const exporter = new JsonLogExporter({ url: `${gateway.url}/v1/logs`, headers: bearer('wrong') })
  expect(await exportLogs(exporter, 'denied')).toMatchObject([{ code: ExportResultCode.FAILED }])
  expect(stored.calls).toEqual([])
})
