import { type Bucket, type Burst, findBursts, PERIOD_BUCKETS, SLOT_BUCKETS } from './error-burst.ts'

/** A part of a session in which failures were added: two bounds of quarters of an hour, in buckets. */
export interface Span extends Range {
  /** The first bucket to which failures were added. */
  first: number
}

interface Range {
  from: number
  to: number
}

/** A burst before the span may extend into it; the two quarters before show where that one can begin. */
const BEFORE = 2 * PERIOD_BUCKETS
/** The quarter after the span, and the window of a burst at its end. */
const AFTER = PERIOD_BUCKETS + SLOT_BUCKETS + 1

/** @param indexes of the buckets to which failures were added */
export function toSpans(indexes: readonly number[]): Span[] {
  const spans: Span[] = []
  for (const index of indexes.toSorted((a, b) => a - b)) {
    const from = Math.floor(index / PERIOD_BUCKETS) * PERIOD_BUCKETS
    const last = spans.at(-1)
    if (last && from - BEFORE <= last.to + AFTER) last.to = from + PERIOD_BUCKETS
    else spans.push({ first: index, from, to: from + PERIOD_BUCKETS })
  }
  return spans
}

/** The buckets that `findBurstsNear` needs, both bounds included. */
export const toReadRange = ({ from, to }: Span): Range => ({ from: from - BEFORE, to: to + AFTER })

/**
 * The bursts that begin from `from` to `to`, both included: the only ones that the added failures can have changed.
 * @param buckets those of the range to read, in order
 */
export function findBurstsNear(span: Span, buckets: readonly Bucket[]): Range & { bursts: Burst[] } {
  const slots = new Set(buckets.map(({ index }) => Math.floor(index / SLOT_BUCKETS)))
  const isEmpty = (start: number) => !slots.has(start / SLOT_BUCKETS)
  // No burst spans five minutes without a failure, and one begins at each quarter that follows a quarter without such.
  let from = span.from
  while (from > span.from - BEFORE && !isEmpty(from - SLOT_BUCKETS)) from -= SLOT_BUCKETS
  if (from === span.from - BEFORE) from = span.from - PERIOD_BUCKETS
  let to = span.to
  while (to < span.to + PERIOD_BUCKETS && !isEmpty(to)) to += SLOT_BUCKETS
  const near = findBursts(buckets).filter(({ start }) => from <= start && start < to)
  // A burst depends on no failure after it.
  const bursts = near.filter(({ start }) => start + SLOT_BUCKETS >= span.first)
  const unchanged = near.at(-bursts.length - 1)
  return { from: unchanged ? unchanged.start + 1 : from, to: to - 1, bursts }
}
