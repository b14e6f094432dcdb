/**
 * A message of the OpenTelemetry protocol by field number: the fields that are read, all others are skipped. Decoding gives
 * the protocol's JSON, so that both encodings are read by the same code.
 * @see https://github.com/open-telemetry/opentelemetry-proto/tree/v1.11.0/opentelemetry/proto
 */
export type Message = Readonly<Record<number, Field>>

/** `hex` are the bytes of trace and span ids, `base64` those of any other field. A function returns a message. */
export type FieldType = 'string' | 'bool' | 'int64' | 'enum' | 'double' | 'fixed64' | 'hex' | 'base64' | (() => Message)

interface Field {
  name: string
  type: FieldType
  repeated?: true
}

const one = (name: string, type: FieldType): Field => ({ name, type })
const many = (name: string, type: FieldType): Field => ({ name, type, repeated: true })

const ANY_VALUE: Message = {
  1: one('stringValue', 'string'),
  2: one('boolValue', 'bool'),
  3: one('intValue', 'int64'),
  4: one('doubleValue', 'double'),
  5: one('arrayValue', () => ARRAY_VALUE),
  6: one('kvlistValue', () => KEY_VALUE_LIST),
  7: one('bytesValue', 'base64'),
}
const ARRAY_VALUE: Message = { 1: many('values', () => ANY_VALUE) }
const KEY_VALUE: Message = { 1: one('key', 'string'), 2: one('value', () => ANY_VALUE) }
const KEY_VALUE_LIST: Message = { 1: many('values', () => KEY_VALUE) }
const RESOURCE: Message = { 1: many('attributes', () => KEY_VALUE) }
const SCOPE: Message = { 1: one('name', 'string') }

const LOG_RECORD: Message = {
  1: one('timeUnixNano', 'fixed64'),
  5: one('body', () => ANY_VALUE),
  6: many('attributes', () => KEY_VALUE),
  9: one('traceId', 'hex'),
  10: one('spanId', 'hex'),
  11: one('observedTimeUnixNano', 'fixed64'),
  12: one('eventName', 'string'),
}

const SPAN_EVENT: Message = {
  1: one('timeUnixNano', 'fixed64'),
  2: one('name', 'string'),
  3: many('attributes', () => KEY_VALUE),
}
const SPAN: Message = {
  1: one('traceId', 'hex'),
  2: one('spanId', 'hex'),
  4: one('parentSpanId', 'hex'),
  5: one('name', 'string'),
  7: one('startTimeUnixNano', 'fixed64'),
  8: one('endTimeUnixNano', 'fixed64'),
  9: many('attributes', () => KEY_VALUE),
  11: many('events', () => SPAN_EVENT),
  15: one('status', () => ({ 3: one('code', 'enum') })),
}

/** Metrics are only counted. */
const METRIC: Message = {}

/** `ExportLogsServiceRequest` and its like differ only in names and records. */
const exportRequest = ([resources, scopes, records]: readonly [string, string, string], record: Message): Message => ({
  1: many(resources, () => ({
    1: one('resource', () => RESOURCE),
    2: many(scopes, () => ({ 1: one('scope', () => SCOPE), 2: many(records, () => record) })),
  })),
})

export const LOGS_REQUEST = exportRequest(['resourceLogs', 'scopeLogs', 'logRecords'], LOG_RECORD)
export const TRACES_REQUEST = exportRequest(['resourceSpans', 'scopeSpans', 'spans'], SPAN)
export const METRICS_REQUEST = exportRequest(['resourceMetrics', 'scopeMetrics', 'metrics'], METRIC)
