import type { AgentReport, AgentSource, Telemetry } from '@achilles/agent-sources'
import { PATHS } from '../../http/paths.ts'
import { LOGS_REQUEST, METRICS_REQUEST, type Message, TRACES_REQUEST } from './protobuf-messages.ts'
import { type RecordContext, toLogRecord, toSpan } from './records.ts'

export interface ReadableRecord {
  telemetry: Telemetry
  /** Reads the record as this source does. */
  readWith(source: AgentSource): AgentReport | undefined
}

/** A kind of telemetry, with the names that its requests and responses have. */
export interface Signal {
  name: 'logs' | 'traces' | 'metrics'
  path: string
  request: Message
  /** The lists in a request, from the outermost. */
  lists: readonly [resources: string, scopes: string, records: string]
  /** The number of rejected records in a partial success. */
  rejected: string
  /** Absent where nothing is stored. @throws a zod error for a record that cannot be read. */
  readRecord?(input: unknown, context: RecordContext): ReadableRecord
}

export const SIGNALS: readonly Signal[] = [
  {
    name: 'logs',
    path: PATHS.logs,
    request: LOGS_REQUEST,
    lists: ['resourceLogs', 'scopeLogs', 'logRecords'],
    rejected: 'rejectedLogRecords',
    readRecord(input, context) {
      const record = toLogRecord(input, context)
      return { telemetry: record, readWith: ({ readLogRecord }) => readLogRecord?.(record) }
    },
  },
  {
    name: 'traces',
    path: PATHS.traces,
    request: TRACES_REQUEST,
    lists: ['resourceSpans', 'scopeSpans', 'spans'],
    rejected: 'rejectedSpans',
    readRecord(input, context) {
      const span = toSpan(input, context)
      return { telemetry: span, readWith: ({ readSpan }) => readSpan?.(span) }
    },
  },
  {
    name: 'metrics',
    path: PATHS.metrics,
    request: METRICS_REQUEST,
    lists: ['resourceMetrics', 'scopeMetrics', 'metrics'],
    rejected: 'rejectedDataPoints',
  },
]
