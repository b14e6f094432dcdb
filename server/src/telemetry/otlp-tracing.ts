import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Context,
  DiagLogLevel,
  defaultTextMapSetter,
  diag,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import {
  type ExportResult,
  ExportResultCode,
  getNumberFromEnv,
  setGlobalErrorHandler,
  W3CTraceContextPropagator,
} from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base'
import { version } from '../version.ts'
import { type Log, oncePerMinute } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { AttemptFacts, AttemptSpan, RequestFacts, RequestSpan, TraceHeaders, Tracing } from './telemetry.ts'

const STOP_TIMEOUT_MS = 3_000
/** OpenTelemetry's own default. */
const EXPORT_TIMEOUT_MS = 10_000

const propagator = new W3CTraceContextPropagator()
const fromHeaders = {
  get: (headers: TraceHeaders, name: string) => headers[name as keyof TraceHeaders],
  keys: (headers: TraceHeaders) => Object.keys(headers),
}

/**
 * Sends a span for each request and for each attempt to reach Core, as the standard `OTEL_*` variables configure. Spans
 * that the collector does not accept are dropped, counted, and logged at most once a minute.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function createOtlpTracing(log: Log, metrics: Pick<Metrics, 'spansDropped'>): Tracing {
  const report = reportFaults(log, metrics)
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'achilles-mcp-gateway', 'service.version': version }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(createExporter(metrics))],
  })
  const tracer = provider.getTracer('achilles-mcp-gateway', version)

  function startRequest(parent: TraceHeaders, startedAt: number): RequestSpan {
    const context = propagator.extract(ROOT_CONTEXT, parent, fromHeaders)
    const span = tracer.startSpan('request', { kind: SpanKind.SERVER, startTime: startedAt }, context)
    const below = trace.setSpan(context, span)
    return {
      traceId: span.spanContext().traceId,
      startAttempt: (facts) => startAttempt(below, facts),
      end({ surface, procedures, method, requestId, status }: RequestFacts) {
        span.updateName(`${surface} ${procedures.join(',') || 'request'}`)
        span.setAttributes({
          'achilles.surface': surface,
          'achilles.procedures': [...procedures],
          'achilles.request_id': requestId,
          'http.response.status_code': status,
          ...(method !== undefined && { 'http.request.method': method }),
        })
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
        span.end()
      },
    }
  }

  function startAttempt(parent: Context, { operation, resend }: AttemptFacts): AttemptSpan {
    const attributes = { 'achilles.operation': operation, ...(resend > 0 && { 'http.request.resend_count': resend }) }
    const span = tracer.startSpan(`core ${operation}`, { kind: SpanKind.CLIENT, attributes }, parent)
    const headers: Record<string, string> = {}
    propagator.inject(trace.setSpan(parent, span), headers, defaultTextMapSetter)
    return {
      headers,
      end(outcome) {
        const answered = typeof outcome === 'number'
        span.setAttributes(answered ? { 'http.response.status_code': outcome } : { 'error.type': outcome })
        if (!answered || outcome >= 400) span.setStatus({ code: SpanStatusCode.ERROR })
        span.end()
      },
    }
  }

  return {
    startRequest,
    async stop() {
      const late = new AbortController()
      const tooLate = delay(STOP_TIMEOUT_MS, undefined, late)
      await Promise.race([provider.shutdown(), tooLate]).catch((error: Error) => report(error.message))
      late.abort()
    },
  }
}

function createExporter({ spansDropped }: Pick<Metrics, 'spansDropped'>): SpanExporter {
  const exporter = new OTLPTraceExporter({ httpAgentOptions: (protocol) => createAgent(protocol, exportTimeoutMs()) })
  return {
    export(spans: ReadableSpan[], onResult: (result: ExportResult) => void) {
      exporter.export(spans, (result) => {
        if (result.code !== ExportResultCode.SUCCESS) spansDropped.inc({ reason: 'export_failed' }, spans.length)
        onResult(result)
      })
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }
}

const exportTimeoutMs = () =>
  getNumberFromEnv('OTEL_EXPORTER_OTLP_TRACES_TIMEOUT') ??
  getNumberFromEnv('OTEL_EXPORTER_OTLP_TIMEOUT') ??
  EXPORT_TIMEOUT_MS

/**
 * Opens one connection per export and destroys it after `limitMs`. The exporter's own timeout is for inactivity: a
 * response that trickles would hold its export forever, and 30 of those would block all later ones.
 */
function createAgent(protocol: string, limitMs: number): HttpAgent {
  const agent = new (protocol === 'https:' ? HttpsAgent : HttpAgent)({ keepAlive: false })
  const open = agent.createConnection.bind(agent)
  agent.createConnection = (options, onCreated) => {
    const socket = open(options, onCreated) as Socket
    const timer = setTimeout(() => socket.destroy(new Error(`no complete response within ${limitMs} ms`)), limitMs)
    socket.once('close', () => clearTimeout(timer))
    return socket
  }
  return agent
}

const DROPPED = /^Dropped (\d+) spans because maxQueueSize reached/

/** Reports OpenTelemetry's errors, which it drops by default. */
function reportFaults(log: Log, { spansDropped }: Pick<Metrics, 'spansDropped'>): (reason: string) => void {
  const isDue = oncePerMinute()
  function report(reason: string): void {
    const [, dropped] = reason.match(DROPPED) ?? []
    if (dropped !== undefined) spansDropped.inc({ reason: 'queue_full' }, Number(dropped))
    if (isDue('traces')) log.warn({ reason }, 'Some traces were not sent')
  }
  setGlobalErrorHandler((error) => report(error instanceof Error ? error.message : String(error)))
  const ignore = () => {}
  const logger = { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  return report
}
