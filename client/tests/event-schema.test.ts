import { describeIssue, isPlainObject, MCPEvent, toIssues } from '@achilles/mcp-contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { arbitraryInput } from '../../server/tests/support/arbitrary-inputs.ts'
import { OPERATIONS, type Operation } from '../../server/tests/support/operations.ts'
import { parseEvent } from '../src/recorder/event-schema.ts'

const { session_id: _session, ...shape } = MCPEvent.shape
const { event_id, timestamp } = shape
/** As the recorder takes it: with an id and a time. The session is filled in later, by text. */
const RecordedEvent = z.strictObject({ ...shape, event_id: event_id.unwrap(), timestamp: timestamp.unwrap() })
const ingest = OPERATIONS.find(({ operation }) => operation === 'signals.ingest') as Operation

const withoutSession = (input: unknown) => {
  if (!isPlainObject(input)) return input
  const { session_id: _, ...event } = input
  return event
}

test('has the same fields as the contract’s event, and judges every input alike, in the same words', () => {
  const seed = Number(process.env.FAST_CHECK_SEED ?? 19700101)
  process.stdout.write(`event schema: FAST_CHECK_SEED=${seed}\n`)
  let valid = 0
  const property = fc.property(arbitraryInput(ingest).map(withoutSession), (input) => {
    const ours = parseEvent(input)
    const theirs = RecordedEvent.safeParse(input, { error: describeIssue })
    expect(ours.data).toEqual(theirs.data)
    expect(ours.error && toIssues(ours.error)).toEqual(theirs.error && toIssues(theirs.error))
    expect(JSON.stringify(Object.keys(ours.data ?? {}))).toBe(JSON.stringify(Object.keys(theirs.data ?? {})))
    if (ours.success) valid++
  })
  fc.assert(property, { seed, numRuns: 5_000 })
  expect(valid).toBeGreaterThan(500)
})
