import type { AttributeValue, LogRecord, Span } from '../src/agent-source.ts'

/** The body of `POST /v1/logs` as JSON. */
export interface LogsBody {
  resourceLogs: { resource: Resource; scopeLogs: { scope?: Scope; logRecords: RawLogRecord[] }[] }[]
}

/** The body of `POST /v1/traces` as JSON. */
export interface TracesBody {
  resourceSpans: { resource: Resource; scopeSpans: { scope?: Scope; spans: RawSpan[] }[] }[]
}

/** Reads what real agents send; the gateway's own reader also checks it. */
export const readLogs = ({ resourceLogs }: LogsBody): LogRecord[] =>
  resourceLogs.flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ scope, logRecords }) => logRecords.map((record) => toLogRecord(record, resource, scope))),
  )

export const readSpans = ({ resourceSpans }: TracesBody): Span[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => toSpan(span, resource, scope))),
  )

type Resource = { attributes: KeyValue[] }
type Scope = { name?: string }
type KeyValue = { key: string; value: AnyValue }
type AnyValue = {
  stringValue?: string
  boolValue?: boolean
  intValue?: number | string
  doubleValue?: number
  arrayValue?: { values: AnyValue[] }
  kvlistValue?: { values: KeyValue[] }
}
interface RawLogRecord {
  timeUnixNano?: string
  observedTimeUnixNano?: string
  eventName?: string
  body?: AnyValue
  attributes: KeyValue[]
}
interface RawSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: KeyValue[]
  status?: { code?: number }
}

function toLogRecord(record: RawLogRecord, resource: Resource, scope: Scope = {}): LogRecord {
  const attributes = toAttributes(record.attributes)
  const { 'event.name': attribute } = attributes
  return {
    name: record.eventName || (typeof attribute === 'string' ? attribute : ''),
    timestamp: toTime(Number(record.timeUnixNano) ? record.timeUnixNano : record.observedTimeUnixNano),
    attributes,
    resource: toAttributes(resource.attributes),
    scope: scope.name ?? '',
  }
}

const toSpan = (span: RawSpan, resource: Resource, scope: Scope = {}): Span => ({
  name: span.name,
  startTime: toTime(span.startTimeUnixNano),
  endTime: toTime(span.endTimeUnixNano),
  attributes: toAttributes(span.attributes),
  resource: toAttributes(resource.attributes),
  scope: scope.name ?? '',
  traceId: span.traceId,
  spanId: span.spanId,
  ...(span.parentSpanId && { parentSpanId: span.parentSpanId }),
  failed: span.status?.code === 2,
  events: [],
})

const toTime = (nanoseconds = '0'): string => new Date(Number(BigInt(nanoseconds) / 1_000_000n)).toISOString()

const toAttributes = (list: readonly KeyValue[]): Record<string, AttributeValue> =>
  Object.fromEntries(list.map(({ key, value }) => [key, toValue(value)]))

function toValue(value: AnyValue): AttributeValue {
  if (value.arrayValue) return value.arrayValue.values.map(toValue)
  if (value.kvlistValue) return toAttributes(value.kvlistValue.values)
  if (value.intValue !== undefined) return Number(value.intValue)
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? null
}
