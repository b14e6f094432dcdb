import type { JsonObject } from '@achilles/mcp-contract'
import type { SessionEvent } from '../store/session-event.ts'
import type { Finding, Position, TallyRule } from './insight-rule.ts'

const WINDOW_MINUTES = 5
const MEDIUM_FROM = 5
const HIGH_FROM = 10

/** Failures are counted in buckets of ten seconds, so their number does not limit what a late one costs. */
const BUCKET_MS = 10_000
const WINDOW = (WINDOW_MINUTES * 60_000) / BUCKET_MS
/** A quarter of an hour, in windows. */
const PERIOD = 3

/** Five minutes or a quarter of an hour on the clock, in buckets. */
export const SLOT_BUCKETS = WINDOW
export const PERIOD_BUCKETS = PERIOD * WINDOW

/** The failures of ten seconds. */
export interface Bucket {
  index: number
  count: number
  first: Position
}

export interface Burst {
  /** The index of its first bucket. */
  start: number
  finding: Finding
}

/** Each bucket is a subject. */
export const failures: TallyRule = {
  toShare(event) {
    return isFailure(event) ? { subject: toBucketSubject(Math.floor(event.at_ms / BUCKET_MS)) } : undefined
  },
}

// More than the buckets between the year 0 and 1970, and all subjects have the same length: they sort like the indexes.
const SUBJECT_OFFSET = 20_000_000_000

export const toBucketSubject = (index: number): string => String(SUBJECT_OFFSET + index)
export const toBucketIndex = (subject: string): number => Number(subject) - SUBJECT_OFFSET

/**
 * A burst begins with the first failure that is not part of the burst before. After a quarter of an hour in which each
 * five minutes had a failure, the next begins at the quarter: so a late failure changes only bursts near it.
 * @param buckets in order
 */
export function findBursts(buckets: readonly Bucket[]): Burst[] {
  const slots = new Set(buckets.map(({ index }) => toSlot(index)))
  const bursts: Burst[] = []
  let next = Number.NEGATIVE_INFINITY
  for (const [position, { index: start, first }] of buckets.entries()) {
    if (start < next) continue
    const count = countWindow(buckets, position)
    if (count < MEDIUM_FROM) continue
    bursts.push({ start, finding: toFinding(first, count) })
    const quarter = Math.floor(start / PERIOD_BUCKETS) + 1
    next = start + WINDOW + 1
    if (isBusyBefore(quarter, slots)) next = Math.min(next, quarter * PERIOD_BUCKETS)
  }
  return bursts
}

const toSlot = (index: number) => Math.floor(index / SLOT_BUCKETS)

const isBusyBefore = (quarter: number, slots: ReadonlySet<number>) =>
  [1, 2, 3].every((back) => slots.has(quarter * PERIOD - back))

function countWindow(buckets: readonly Bucket[], from: number): number {
  const until = (buckets[from]?.index ?? 0) + WINDOW
  let count = 0
  for (let position = from; ; position++) {
    const bucket = buckets[position]
    if (!bucket || bucket.index > until) return count
    count += bucket.count
  }
}

function toFinding(first: Position, errors: number): Finding {
  return {
    first,
    severity: errors >= HIGH_FROM ? 'high' : 'medium',
    category: 'reliability',
    title: 'Burst of errors',
    message: `${errors} errors within ${WINDOW_MINUTES} minutes.`,
    payload: { errors, window_minutes: WINDOW_MINUTES },
  }
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
