import { shortened } from '@achilles/mcp-contract'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import type { RecordResult } from './collect-reports.ts'
import type { PartialSuccess } from './encoding.ts'
import type { RawRecord } from './list-records.ts'
import type { Signal } from './signals.ts'

/** Callers can send any number of scopes. */
const MAX_LOGGED_SCOPES = 16
const LONGEST_NAME = 100

/** Counts the records of a request, and logs each scope whose records no source recognizes once. */
export type RecordReporter = (signal: Signal, records: readonly RawRecord[], results: readonly RecordResult[]) => void

export function createReporter({ log, metrics }: Telemetry): RecordReporter {
  const logged = new Set<string>()
  return function report({ name: signal, readRecord }, records, results) {
    for (const [index, { source = 'none', isReport, error }] of results.entries()) {
      const result = error ? 'rejected' : isReport ? 'stored' : 'ignored'
      metrics.otlpRecords.inc({ signal, source, result })
      const context = records[index]?.context
      if (!readRecord || source !== 'none' || error || !context || logged.size === MAX_LOGGED_SCOPES) continue
      const scope = shortened(context.scope, LONGEST_NAME)
      if (logged.has(scope)) continue
      logged.add(scope)
      const { 'service.name': service } = context.resource
      log.info(
        { signal, scope, service: typeof service === 'string' ? shortened(service, LONGEST_NAME) : undefined },
        'OTLP records of no known agent are acknowledged, and not stored',
      )
    }
  }
}

const MAX_MESSAGES = 5

/** What the exporter may log. */
export function toPartialSuccess(
  results: readonly RecordResult[],
  errors: readonly [GatewayError, ...GatewayError[]],
): PartialSuccess {
  const rejected = results.filter(({ error }) => error).length
  const messages = [...new Set(errors.map(({ message }) => message))]
  const omitted = messages.length - MAX_MESSAGES
  const listed = [...messages.slice(0, MAX_MESSAGES), ...(omitted > 0 ? [`and ${omitted} more`] : [])].join('; ')
  const subject = rejected > 0 ? `${rejected} of ${results.length} records were rejected` : 'All records were stored'
  return { rejected, errorMessage: `${subject}: ${listed}` }
}
