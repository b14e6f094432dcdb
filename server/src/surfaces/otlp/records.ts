import type { LogRecord, Span } from '@achilles/agent-sources'
import { parseBounded } from '@achilles/mcp-contract'
import { z } from 'zod'
import { type Attributes, attributes, body, hexId, time } from './values.ts'

/** What the records of one scope have in common, and the time of those that have none. */
export interface RecordContext {
  resource: Attributes
  scope: string
  /** RFC 3339. */
  receivedAt: string
}

const text = z.string().nullish()
const traceId = hexId(16)
const spanId = hexId(8)

const LogRecordIn = z.object({
  timeUnixNano: time,
  observedTimeUnixNano: time,
  eventName: text,
  body,
  attributes,
  traceId,
  spanId,
})

const STATUS_ERROR: unknown[] = [2, 'STATUS_CODE_ERROR']

const SpanIn = z.object({
  name: text,
  startTimeUnixNano: time,
  endTimeUnixNano: time,
  attributes,
  traceId,
  spanId,
  parentSpanId: spanId,
  status: z.object({ code: z.union([z.number(), z.string()]).nullish() }).nullish(),
  events: z.array(z.object({ timeUnixNano: time, name: text, attributes })).nullish(),
})

/**
 * Reads a log record. Its name is the field `eventName`, else the attribute `event.name`.
 * @throws a zod error that names the first field that cannot be read.
 */
export function toLogRecord(input: unknown, { resource, scope, receivedAt }: RecordContext): LogRecord {
  const record = parseBounded(LogRecordIn, input, { stopAtFirst: true })
  const { attributes, body, eventName, traceId, spanId } = record
  const { 'event.name': attribute } = attributes
  return {
    name: eventName || (typeof attribute === 'string' ? attribute : ''),
    timestamp: record.timeUnixNano ?? record.observedTimeUnixNano ?? receivedAt,
    attributes,
    resource,
    scope,
    body,
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
  }
}

/** Reads a span. @throws a zod error that names the first field that cannot be read. */
export function toSpan(input: unknown, { resource, scope, receivedAt }: RecordContext): Span {
  const span = parseBounded(SpanIn, input, { stopAtFirst: true })
  const { name, attributes, traceId, spanId, parentSpanId, status, events } = span
  const endTime = span.endTimeUnixNano ?? span.startTimeUnixNano ?? receivedAt
  return {
    name: name ?? '',
    startTime: span.startTimeUnixNano ?? endTime,
    endTime,
    attributes,
    resource,
    scope,
    failed: STATUS_ERROR.includes(status?.code),
    events: (events ?? []).map(({ name, timeUnixNano, attributes }) => ({
      name: name ?? '',
      timestamp: timeUnixNano ?? endTime,
      attributes,
    })),
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
    ...(parentSpanId !== undefined && { parentSpanId }),
  }
}
