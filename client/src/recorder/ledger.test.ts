import type { EventBatchResponse, MCPEvent, ProblemCode } from '@achilles/mcp-contract'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { localError } from '../gateway-error.ts'
import { memorySpool } from '../spool/memory-spool.ts'
import { Recorder } from './recorder.ts'
import { reportedProblem } from './testing/reported-problem.ts'

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

/** What a gateway reports. */
const CODES: ProblemCode[] = [
  'BAD_REQUEST',
  'UNPROCESSABLE_CONTENT',
  'PAYLOAD_TOO_LARGE',
  'FORBIDDEN',
  'NOT_FOUND',
  'CONFLICT',
  'UNAUTHORIZED',
  'TOO_MANY_REQUESTS',
  'INTERNAL_SERVER_ERROR',
  'BAD_GATEWAY',
  'SERVICE_UNAVAILABLE',
  'GATEWAY_TIMEOUT',
  'CORE_CONTRACT_VIOLATION',
]

/** What becomes of one batch: a failure of the whole, or how many of it are duplicates, refused, not mentioned. */
const reaction = fc.oneof(
  fc
    .constantFrom(...CODES)
    .map((code) => ({ error: reportedProblem(code, 'rejected', { upstream: { status: 400 } }) })),
  fc
    .constantFrom(403, 413, 200)
    .map((status) => ({ error: localError('BAD_GATEWAY', 'HTML', { upstream: { status } }) })),
  fc.constant({ error: localError('SERVICE_UNAVAILABLE', 'ECONNREFUSED') }),
  fc.record({ duplicate: fc.nat(3), failed: fc.nat(3), silent: fc.nat(2) }),
)
const step = fc.oneof(
  { weight: 3, arbitrary: fc.nat(30).map((record) => ({ record })) },
  fc.integer({ min: 1, max: 20_000 }).map((advance) => ({ advance })),
)

function reactTo(
  events: MCPEvent[],
  { duplicate, failed, silent }: { duplicate: number; failed: number; silent: number },
) {
  const answer: EventBatchResponse = { results: [], failed: [] }
  for (const [index, { event_id }] of events.entries()) {
    if (index < failed) answer.failed.push({ event_id, error: 'no' })
    else if (index >= failed + silent) {
      answer.results.push({ event_id, status: index < failed + silent + duplicate ? 'duplicate' : 'accepted' })
    }
  }
  return answer
}

test('whatever happens the ledger balances, no event is told twice, and all is settled in the end', async () => {
  const seed = Number(process.env.FAST_CHECK_SEED ?? 20260302)
  process.stdout.write(`ledger: FAST_CHECK_SEED=${seed}\n`)
  const property = fc.asyncProperty(fc.array(reaction), fc.array(step, { maxLength: 12 }), async (reactions, steps) => {
    const told: string[] = []
    const ids: string[] = []
    const queue = [...reactions]
    const recorder = new Recorder(
      {
        sessionId: 's',
        limits: { maxEvents: 7, maxBytes: 2_000 },
        async send(events) {
          const next = queue.shift() ?? { duplicate: 0, failed: 0, silent: 0 }
          if ('error' in next) throw next.error
          return reactTo(events, next)
        },
      },
      memorySpool(),
      {
        maxPending: 40,
        onFailed: ({ event }) => told.push(event.event_id),
        onDropped: ({ event }) => told.push(event.event_id),
      },
    )
    const expectBalance = () => {
      const { recorded, accepted, duplicate, failed, dropped, pending } = recorder.ledger()
      const given = dropped.overflow ?? 0
      expect(accepted + duplicate + failed + given + pending).toBe(recorded)
      expect(recorded).toBe(ids.length)
      expect(told).toHaveLength(failed + given)
      expect(pending).toBeLessThanOrEqual(40 + 7)
    }
    for (const one of steps) {
      if ('advance' in one) await vi.advanceTimersByTimeAsync(one.advance)
      else
        for (let count = 0; count < one.record; count++)
          ids.push(recorder.record({ event_type: 'custom', source_type: 'ci' }))
      expectBalance()
    }
    const flushed = recorder.flush()
    await vi.advanceTimersByTimeAsync(3_600_000 + 20_000 * reactions.length)
    await flushed
    expectBalance()
    expect(recorder.ledger().pending).toBe(0)
    expect(new Set(told).size).toBe(told.length)
  })
  await fc.assert(property, { seed, numRuns: 300 })
})
