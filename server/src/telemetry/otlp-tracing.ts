import { setTimeout as pause } from 'node:timers/promises'
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
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { version } from '../version.ts'
import type { Log } from './log.ts'
import type { AttemptFacts, AttemptSpan, RequestFacts, RequestSpan, TraceHeaders, Tracing } from './tracing.ts'

/** What a collector that does not answer may cost a stop. */
const STOP_TIMEOUT_MS = 3_000

const propagator = new W3CTraceContextPropagator()
const fromHeaders = {
  get: (headers: TraceHeaders, name: string) => headers[name as keyof TraceHeaders],
  keys: (headers: TraceHeaders) => Object.keys(headers),
}

/**
 * Spans over OTLP (HTTP, protobuf) to `OTEL_EXPORTER_OTLP_ENDPOINT`: one a request, one an attempt to reach Core. The
 * exporter, the sampler and the batches keep to the standard `OTEL_*` variables.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function createOtlpTracing(log: Log): Tracing {
  tellFaults(log)
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'achilles-mcp-gateway', 'service.version': version }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
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
      const tooLate = pause(STOP_TIMEOUT_MS, undefined, late)
      await Promise.race([provider.shutdown(), tooLate]).catch((error: unknown) => tell(log, String(error)))
      late.abort()
    },
  }
}

const tell = (log: Log, reason: string) => log.warn({ reason }, 'Some traces were not sent')

/** OpenTelemetry keeps to itself what goes wrong, unless told otherwise. */
function tellFaults(log: Log): void {
  const tellOne = (message: string) => tell(log, message)
  const ignore = () => {}
  const logger = { error: tellOne, warn: tellOne, info: ignore, debug: ignore, verbose: ignore }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
}
