import type { CompleteEvent } from '@achilles/mcp-contract'
import fc from 'fast-check'

/** Events of one session and how they arrive. */
export interface History {
  events: Omit<CompleteEvent, 'session_id'>[]
  /** Indexes of events. Across batches they repeat, so that some are duplicates. */
  batches: number[][]
}

const START = Date.parse('2026-03-02T08:50:00Z')
const MINUTE = 60_000

/** Short enough for bursts, long enough for quarters of an hour with and without a pause. */
const time = fc.oneof(
  fc.nat(6 * MINUTE),
  // Few different times, so that many events have the same.
  fc.nat(20).map((n) => n * 1000),
  fc.nat(130).map((n) => n * MINUTE),
  // Around the quarter, in steps of a bucket.
  fc.integer({ min: -40, max: 40 }).map((n) => 25 * MINUTE + n * 10_000 - (n % 3)),
)

const failure = fc.constantFrom(
  { event_type: 'error' } as const,
  { event_type: 'test_run', payload: { status: 'failed' }, duration_ms: 90_000 } as const,
  { event_type: 'build_run', payload: { success: true, exit_code: 2 } } as const,
)
const suggestion = fc.record({
  event_type: fc.constantFrom(
    'suggestion_rejected',
    'suggestion_rejected',
    'suggestion_rejected',
    'suggestion_accepted',
  ),
  agent_id: fc.constantFrom('a', 'a', 'a', 'b', '\ud83d'),
})
const other = fc.oneof(
  fc.record({ event_type: fc.constant('file_edited'), file_path: fc.constantFrom('a', 'a', 'b', '\ud800', '\ud801') }),
  fc.record({
    event_type: fc.constantFrom('command_executed', 'build_run', 'custom'),
    duration_ms: fc.constantFrom(59_999, 60_000, 60_000.5, 600_000),
  }),
  fc.record({ event_type: fc.constant('file_saved'), attribution_confidence: fc.constantFrom(0, 0.4, 0.5, 0.9) }),
  fc.record({
    event_type: fc.constant('git_operation'),
    payload: fc.constantFrom({ operation: 'revert' }, { operation: 'fixup' }, { operation: 'commit' }),
  }),
)

/** Some sort differently by bytes, by UTF-16 units and by the rules of a language. */
const idPrefix = fc.constantFrom('', 'a', 'A', 'ä', '_', '"', '\ud83d', '\uffee', '😀')

const event = fc
  .tuple(time, idPrefix, fc.oneof(failure, failure, suggestion, suggestion, other))
  .map(([offset, prefix, fields]) => ({ offset, prefix, fields }))

/** Mostly one kind of event in a session finds more than a mixture. */
const manyEvents = fc.oneof(
  fc.array(event, { minLength: 1, maxLength: 150 }),
  fc.array(fc.record({ offset: time, prefix: idPrefix, fields: failure }), { minLength: 20, maxLength: 200 }),
  fc.array(fc.record({ offset: time, prefix: idPrefix, fields: suggestion }), { minLength: 20, maxLength: 300 }),
)

export const history: fc.Arbitrary<History> = manyEvents.chain((made) => {
  const events = made.map(({ offset, prefix, fields }, n) => ({
    event_id: `${prefix}${n}`,
    source_type: 'ide' as const,
    timestamp: new Date(START + offset).toISOString(),
    ...fields,
  }))
  const inOrder = [...events.keys()].sort((a, b) =>
    (events[a]?.timestamp ?? '').localeCompare(events[b]?.timestamp ?? ''),
  )
  const order = fc.oneof(
    fc.constant(inOrder),
    fc.constant(inOrder.toReversed()),
    fc.shuffledSubarray(inOrder, { minLength: inOrder.length }),
  )
  const repeated = fc.array(fc.nat(events.length - 1), { maxLength: 20 })
  return fc
    .tuple(order, repeated, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 }))
    .map(([indexes, again, sizes]) => ({ events, batches: toBatches([...indexes, ...again], sizes) }))
})

/** Batches of these sizes, which repeat. */
function toBatches(indexes: readonly number[], sizes: readonly number[]): number[][] {
  const batches: number[][] = []
  for (let [start, n] = [0, 0]; start < indexes.length; n++) {
    const size = sizes[n % sizes.length] ?? 1
    batches.push([...new Set(indexes.slice(start, start + size))])
    start += size
  }
  return batches
}
