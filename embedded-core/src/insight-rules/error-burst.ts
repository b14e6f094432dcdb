import type { JsonObject } from '@achilles/mcp-contract'
import type { SessionEvent } from '../store/events.ts'
import type { InsightFinding, InsightRule } from './insight-rule.ts'

const WINDOW_MINUTES = 5
const MEDIUM_FROM = 5
const HIGH_FROM = 10

export const errorBurst: InsightRule = (events) => {
  const failures = events.filter(isFailure)
  const findings: InsightFinding[] = []
  let start = 0
  for (let first = failures[start]; first; first = failures[start]) {
    const until = first.at_ms + WINDOW_MINUTES * 60_000
    const burst = failures.slice(start).filter((failure) => failure.at_ms <= until)
    const completedBy = burst[MEDIUM_FROM - 1]
    if (completedBy) {
      findings.push({
        first,
        completedBy,
        severity: burst.length >= HIGH_FROM ? 'high' : 'medium',
        category: 'reliability',
        title: 'Burst of errors',
        message: `${burst.length} errors within ${WINDOW_MINUTES} minutes.`,
        payload: { errors: burst.length, window_minutes: WINDOW_MINUTES },
      })
    }
    start += completedBy ? burst.length : 1
  }
  return findings
}

function isFailure({ event_type, payload }: SessionEvent): boolean {
  if (event_type === 'error') return true
  return (event_type === 'test_run' || event_type === 'build_run') && payload !== null && reportsFailure(payload)
}

const FAILED = ['fail', 'failed', 'failure', 'error']

/** Payloads have no schema; these are the fields in which runners commonly report a failure. */
function reportsFailure({ status, success, passed, exit_code, failed }: JsonObject): boolean {
  return (
    (typeof status === 'string' && FAILED.includes(status)) ||
    success === false ||
    passed === false ||
    (typeof exit_code === 'number' && exit_code !== 0) ||
    failed === true ||
    (typeof failed === 'number' && failed > 0)
  )
}
