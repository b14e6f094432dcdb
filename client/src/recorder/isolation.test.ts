import type { CompleteEvent, EventBatchResponse } from '@achilles/mcp-contract'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { localError } from '../gateway-error.ts'
import { memorySpool } from '../spool/memory-spool.ts'
import { reportedProblem } from './testing/reported-problem.ts'
import { LIMITS, startRecorder } from './testing/start-recorder.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** What Core, or something before it, does with every batch that holds a certain event. */
const POISONS = {
  'Core answers 500': () => reportedProblem('BAD_GATEWAY', '500', { upstream: { status: 500 } }),
  'Core answers with a status of its own': () =>
    reportedProblem('BAD_GATEWAY', '418', { retryable: false, upstream: { status: 418 } }),
  'Core breaks the contract': () => reportedProblem('CORE_CONTRACT_VIOLATION', 'no results'),
  'Core does not answer in time': () => reportedProblem('GATEWAY_TIMEOUT', 'late'),
  'Core resets the connection': () => reportedProblem('SERVICE_UNAVAILABLE', 'Core cannot be reached'),
  'the gateway fails': () => reportedProblem('INTERNAL_SERVER_ERROR', 'failed'),
  'the gateway lacks the operation': () => reportedProblem('NOT_FOUND', 'no such procedure'),
  'the request is damaged on its way': () => reportedProblem('BAD_REQUEST', 'malformed JSON'),
  'a proxy answers 403': () => localError('BAD_GATEWAY', 'HTML', { upstream: { status: 403 } }),
  'a proxy answers 413': () => localError('BAD_GATEWAY', 'HTML', { upstream: { status: 413 } }),
  'a proxy resets the connection': () => localError('SERVICE_UNAVAILABLE', 'ECONNRESET'),
  'nothing answers in time': () => localError('GATEWAY_TIMEOUT', 'late'),
  'anything unforeseen is thrown': () => new TypeError('surprise'),
  'Core names it in no response': undefined,
} as const
type Poison = keyof typeof POISONS

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

/** A recorder before a gateway that these events break, and that rejects those of `conflicts`. */
function start(poisoned: ReadonlyMap<string, Poison>, { maxEvents = 50, conflicts = new Set<string>() } = {}) {
  const attempts: { ids: string[]; at: number }[] = []
  const failed: string[] = []
  const state = { isAway: false }
  async function send(events: CompleteEvent[]): Promise<EventBatchResponse> {
    const ids = events.map(({ event_id }) => event_id)
    attempts.push({ ids, at: performance.now() })
    if (state.isAway) throw localError('SERVICE_UNAVAILABLE', 'ECONNREFUSED')
    for (const id of ids) {
      const poison = poisoned.get(id)
      const error = poison && POISONS[poison]?.()
      if (error) throw error
    }
    if (ids.some((id) => conflicts.has(id)))
      throw reportedProblem('CONFLICT', 'conflict', { upstream: { status: 409 } })
    const named = ids.filter((id) => !poisoned.has(id))
    return { results: named.map((event_id) => ({ event_id, status: 'accepted' })), failed: [] }
  }
  const recorder = startRecorder(send, { onFailed: ({ id }) => failed.push(id) }, { ...LIMITS, maxEvents })
  const record = (...ids: string[]) => {
    for (const event_id of ids) recorder.record({ event_type: 'custom', source_type: 'ci', event_id })
  }
  const attemptsAt = (id: string) => attempts.filter(({ ids }) => ids.includes(id)).map(({ at }) => at)
  return { recorder, record, attempts, attemptsAt, failed, state }
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `e${index}`)

describe.each(Object.keys(POISONS) as Poison[])('an event for which %s', (poison) => {
  test.each([0, 75, 149])('as number %i of 150 stays pending alone', async (place) => {
    const { recorder, record } = start(new Map([[`e${place}`, poison]]))
    record(...names(150))
    await vi.advanceTimersByTimeAsync(3 * MINUTE)
    expect(recorder.ledger()).toMatchObject({ accepted: 149, failed: 0, pending: 1, dropped: {} })
  })

  test('is sent again ever more rarely, and holds up no other', async () => {
    const { recorder, record, attemptsAt } = start(new Map([['e3', poison]]))
    record(...names(10))
    let accepted = 9
    for (let minute = 0; minute < 24 * 60; minute++) {
      record(`later-${minute}`)
      await vi.advanceTimersByTimeAsync(MINUTE)
      if (minute >= 3) expect(recorder.ledger()).toMatchObject({ accepted: ++accepted + 3, pending: 1 })
    }
    const alone = attemptsAt('e3')
    expect(alone.length).toBeLessThan(90)
    const waits = alone.slice(1).map((at, index) => at - (alone[index] ?? 0))
    expect(waits.at(-1)).toBeGreaterThan(20 * MINUTE)
    expect(waits.at(-1)).toBeLessThan(1.1 * HOUR)
  })

  test('arrives once it is accepted after all', async () => {
    const poisoned = new Map([['e3', poison]])
    const { recorder, record } = start(poisoned)
    record(...names(10))
    await vi.advanceTimersByTimeAsync(3 * MINUTE)
    expect(recorder.ledger()).toMatchObject({ accepted: 9, pending: 1 })
    poisoned.clear()
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(recorder.ledger()).toMatchObject({ accepted: 10, pending: 0 })
  })

  test('has company: 20 in a row hold up no other', async () => {
    const { recorder, record } = start(new Map(names(20).map((id) => [id, poison])))
    record(...names(150))
    await vi.advanceTimersByTimeAsync(20 * MINUTE)
    expect(recorder.ledger()).toMatchObject({ accepted: 130, failed: 0, pending: 20 })
  })
})

describe('an outage', () => {
  test('of a night isolates nothing for longer than it lasts', async () => {
    const { recorder, record, state, attempts } = start(new Map())
    state.isAway = true
    record(...names(40))
    await vi.advanceTimersByTimeAsync(10 * HOUR)
    const tried = attempts.length
    expect(tried).toBeLessThan((10 * HOUR) / 7_500)
    state.isAway = false
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect(recorder.ledger()).toMatchObject({ accepted: 40, pending: 0 })
  })

  test('of a night keeps the order, but for the event that passes first', async () => {
    const { recorder, record, state, attempts } = start(new Map())
    state.isAway = true
    for (let minute = 0; minute < 10 * 60; minute++) {
      record(...Array.from({ length: 10 }, (_, index) => `m${minute}-${index}`))
      await vi.advanceTimersByTimeAsync(MINUTE)
    }
    state.isAway = false
    const before = attempts.length
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect(recorder.ledger()).toMatchObject({ accepted: 6_000, pending: 0 })
    const [first, ...others] = attempts.slice(before).flatMap(({ ids }) => ids)
    const inOrder = Array.from({ length: 6_000 }, (_, index) => `m${Math.floor(index / 10)}-${index % 10}`)
    expect(others).toEqual(inOrder.filter((id) => id !== first))
    expect(attempts.length - before).toBeLessThan(250)
  })
})

test('a flush waits for an isolated event until its signal is aborted; a close until its deadline', async () => {
  const { recorder, record } = start(new Map([['e3', 'Core answers 500']]))
  record(...names(10))
  await vi.advanceTimersByTimeAsync(3 * MINUTE)
  const caller = new AbortController()
  const flushed = expect(recorder.flush(caller.signal)).rejects.toThrow('enough')
  caller.abort(new Error('enough'))
  await flushed
  const closed = recorder.close(1_000)
  await vi.advanceTimersByTimeAsync(1_000)
  await closed
  expect(recorder.ledger()).toMatchObject({ accepted: 9, pending: 0, dropped: { ended: 1 } })
})

test('an isolated event is the first to be dropped where too many wait', async () => {
  const { recorder, record, state } = start(new Map([['e3', 'Core answers 500']]))
  record(...names(10))
  await vi.advanceTimersByTimeAsync(3 * MINUTE)
  state.isAway = true
  record(...Array.from({ length: 10_000 }, (_, index) => `later-${index}`))
  expect(recorder.ledger()).toMatchObject({ pending: 10_000, dropped: { overflow: 1 } })
})

test('what earlier runs left is taken over although an isolated event is pending', async () => {
  const runs = [['r0', 'r1'], ['r2', 'r3'], ['r4']]
  const toSpooled = (event_id: string) => ({
    session: 's',
    id: event_id,
    kind: 'event' as const,
    json: JSON.stringify({ event_id, event_type: 'custom', source_type: 'ci', session_id: 's' }),
  })
  const spool = { ...memorySpool(), recover: async () => (runs.shift() ?? []).map(toSpooled) }
  async function send(events: CompleteEvent[]): Promise<EventBatchResponse> {
    if (events.some(({ event_id }) => event_id === 'r0')) throw POISONS['Core answers 500']()
    return { results: events.map(({ event_id }) => ({ event_id, status: 'accepted' })), failed: [] }
  }
  const recorder = startRecorder(send, { spool, maxPending: 2 })
  await recorder.recover()
  await vi.advanceTimersByTimeAsync(3 * MINUTE)
  expect(recorder.ledger()).toMatchObject({ recovered: 5, accepted: 4, pending: 1, dropped: {} })
})

test('whichever events are poison, every other is settled and none is given up', async () => {
  const seed = Number(process.env.FAST_CHECK_SEED ?? 20260302)
  process.stdout.write(`isolation: FAST_CHECK_SEED=${seed}\n`)
  const poison = fc.constantFrom(...(Object.keys(POISONS) as Poison[]))
  const kinds = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant('good' as const) },
      { weight: 1, arbitrary: fc.constant('conflict' as const) },
      { weight: 2, arbitrary: poison },
    ),
    { minLength: 1, maxLength: 60 },
  )
  const property = fc.asyncProperty(kinds, fc.integer({ min: 1, max: 20 }), async (kinds, maxEvents) => {
    const poisoned = new Map<string, Poison>()
    const conflicts = new Set<string>()
    for (const [index, kind] of kinds.entries()) {
      if (kind === 'conflict') conflicts.add(`e${index}`)
      else if (kind !== 'good') poisoned.set(`e${index}`, kind)
    }
    const { recorder, record, failed, attempts } = start(poisoned, { maxEvents, conflicts })
    record(...names(kinds.length))
    await vi.advanceTimersByTimeAsync(HOUR)
    const pending = poisoned.size
    const accepted = kinds.length - pending - conflicts.size
    expect(recorder.ledger()).toMatchObject({ accepted, failed: conflicts.size, pending, dropped: {} })
    expect(new Set(failed)).toEqual(conflicts)
    // Events that pass show that there is no outage.
    const passDuring = async (hours: number) => {
      for (let hour = 0; hour < hours; hour++) {
        record(`hour-${attempts.length}`)
        await vi.advanceTimersByTimeAsync(HOUR)
      }
    }
    await passDuring(12)
    const before = attempts.length
    await passDuring(10)
    expect(attempts.length - before).toBeLessThanOrEqual(10 + 30 * poisoned.size)
    expect(recorder.ledger()).toMatchObject({ accepted: accepted + 22, pending })
    poisoned.clear()
    await vi.advanceTimersByTimeAsync(2 * HOUR)
    expect(recorder.ledger()).toMatchObject({ accepted: accepted + 22 + pending, pending: 0 })
    await recorder.close(0)
  })
  await fc.assert(property, { seed, numRuns: 100 })
}, 120_000)
