import type { CompleteEvent, EventBatchResponse, ProblemCode } from '@achilles/mcp-contract'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { GatewayClient } from '../gateway-client.ts'
import { localError } from '../gateway-error.ts'
import { memorySpool } from '../spool/memory-spool.ts'
import { type Counts, Recorder } from './recorder.ts'
import type { RecordedEntry } from './recorder-options.ts'
import { reportedProblem } from './testing/reported-problem.ts'
import { fakeGateway, OPENING } from './testing/start-recorder.ts'

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

/** Why a call fails. */
const failure = fc.oneof(
  fc.constantFrom(...CODES).map((code) => reportedProblem(code, 'rejected', { upstream: { status: 400 } })),
  fc.constantFrom(403, 413, 200).map((status) => localError('BAD_GATEWAY', 'HTML', { upstream: { status } })),
  fc.constant(localError('SERVICE_UNAVAILABLE', 'ECONNREFUSED')),
)

/** What becomes of one batch: a failure of the whole, or how many of it are duplicates, refused, not mentioned. */
const reaction = fc.oneof(
  failure.map((error) => ({ error })),
  fc.record({ duplicate: fc.nat(3), failed: fc.nat(3), silent: fc.nat(2) }),
)
const step = fc.oneof(
  { weight: 3, arbitrary: fc.nat(30).map((record) => ({ record })) },
  fc.constantFrom('snapshot' as const, 'performance' as const).map((kind) => ({ kind })),
  fc.integer({ min: 1, max: 20_000 }).map((advance) => ({ advance })),
)

function reactTo(
  events: CompleteEvent[],
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

/** Makes the calls of one event or one entry fail, one after another. */
function failInTurn(gateway: ReturnType<typeof fakeGateway>, failures: (Error | undefined)[]): void {
  const calls = [gateway.handshake, gateway.sessions.create, gateway.sessions.update]
  for (const call of [...calls, gateway.state.snapshot, gateway.agents.recordPerformance]) {
    const succeed: (input: object) => Promise<unknown> = call.mutate
    call.mutate = vi.fn(async (input: object) => {
      const error = failures.shift()
      if (error) throw error
      return succeed(input) as Promise<never>
    })
  }
}

const sumOf = ({ accepted, duplicate, failed, dropped, pending }: Counts) =>
  accepted + duplicate + failed + pending + (dropped.overflow ?? 0) + (dropped.ended ?? 0)

test('whatever fails, the ledger balances for each kind, each entry is reported once, and all is settled in the end', async () => {
  const seed = Number(process.env.FAST_CHECK_SEED ?? 20260302)
  process.stdout.write(`ledger: FAST_CHECK_SEED=${seed}\n`)
  const reactions = fc.array(reaction)
  const failures = fc.array(fc.option(failure, { nil: undefined }))
  const steps = fc.array(step, { maxLength: 12 })
  const ending = fc.record({ deadlineMs: fc.constantFrom(0, 5_000), waits: fc.boolean() })
  const property = fc.asyncProperty(reactions, failures, steps, ending, async (queue, failures, steps, ending) => {
    const told: string[] = []
    const recorded = { event: 0, snapshot: 0, performance: 0 }
    const gateway = fakeGateway(
      async (events) => {
        const next = queue.shift() ?? { duplicate: 0, failed: 0, silent: 0 }
        if ('error' in next) throw next.error
        return reactTo(events, next)
      },
      { maxEvents: 7, maxBytes: 2_000 },
    )
    failInTurn(gateway, failures)
    const tell = ({ id, kind }: RecordedEntry) => told.push(`${kind} ${id}`)
    const recorder = new Recorder(gateway as unknown as GatewayClient, OPENING, memorySpool(), {
      maxPending: 40,
      onFailed: tell,
      onDropped: tell,
    })
    recorder.start()
    const getCounts = () => {
      const ledger = recorder.ledger()
      const { opening, snapshots, performance, end } = ledger
      return { opening, event: ledger, snapshot: snapshots, performance, end }
    }
    const expectBalance = () => {
      const counts = getCounts()
      for (const each of Object.values(counts)) expect(sumOf(each)).toBe(each.recorded)
      expect(counts).toMatchObject({
        opening: { recorded: 1, failed: 0 },
        event: { recorded: recorded.event },
        snapshot: { recorded: recorded.snapshot },
        performance: { recorded: recorded.performance },
      })
      const { opening: _, ...others } = counts
      const untaken = Object.values(others).map(
        ({ failed, dropped }) => failed + (dropped.overflow ?? 0) + (dropped.ended ?? 0),
      )
      expect(told).toHaveLength(untaken.reduce((sum, count) => sum + count, 0))
      expect(new Set(told).size).toBe(told.length)
    }
    const until = async (done: Promise<unknown>) => {
      let isDone = false
      done.finally(() => (isDone = true)).catch(() => {})
      while (!isDone) await vi.advanceTimersByTimeAsync(60_000)
    }
    for (const one of steps) {
      if ('advance' in one) await vi.advanceTimersByTimeAsync(one.advance)
      else if ('kind' in one) {
        recorder.recordCall(one.kind, { agent_id: 'a' })
        recorded[one.kind]++
      } else {
        for (let count = 0; count < one.record; count++) recorder.record({ event_type: 'custom', source_type: 'ci' })
        recorded.event += one.record
      }
      expectBalance()
    }
    if (ending.waits) {
      await until(recorder.flush())
      expectBalance()
      // Nobody waits for the opening of a session in which nothing was recorded.
      const { opening: _, ...others } = getCounts()
      for (const { pending } of Object.values(others)) expect(pending).toBe(0)
    }
    await until(recorder.close(ending.deadlineMs, { status: 'completed', end_time: '2026-03-02T10:00:00Z' }))
    expectBalance()
    for (const { pending } of Object.values(getCounts())) expect(pending).toBe(0)
    expect(getCounts().end.recorded).toBe(1)
  })
  await fc.assert(property, { seed, numRuns: 500 })
})
