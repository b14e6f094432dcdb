import type { EventBatchResponse, Problem } from '@achilles/mcp-contract'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { GatewayError } from '../gateway-error.ts'
import { memorySpool } from '../spool/memory-spool.ts'
import type { Spool, SpoolEntry } from '../spool/spool.ts'
import type { Recorder } from './recorder.ts'
import type { DroppedEntry, FailedEntry, NewEvent, RecorderOptions } from './recorder-options.ts'
import { reportedProblem } from './testing/reported-problem.ts'
import { accept, LIMITS, type Send, startRecorder as start } from './testing/start-recorder.ts'

const event: NewEvent = { event_type: 'file_edited', source_type: 'ide' }

const refuse =
  (error: GatewayError): Send =>
  async () => {
    throw error
  }

let send: ReturnType<typeof vi.fn<Send>>
let failed: FailedEntry[]
let dropped: DroppedEntry[]
let errors: unknown[]

beforeEach(() => {
  vi.useFakeTimers()
  send = vi.fn(accept)
  failed = []
  dropped = []
  errors = []
})

afterEach(() => {
  vi.useRealTimers()
})

function startRecorder(options: RecorderOptions = {}, limits = LIMITS): Recorder {
  const own = send
  return start(
    (...batch) => own(...batch),
    {
      onFailed: (entry) => failed.push(entry),
      onDropped: (entry) => dropped.push(entry),
      onError: (error) => errors.push(error),
      ...options,
    },
    limits,
  )
}

const sent = () => send.mock.calls.map(([events]) => events.map(({ event_id }) => event_id))
const recordMany = (recorder: Recorder, count: number, fields: Partial<NewEvent> = {}) =>
  Array.from({ length: count }, (_, index) => recorder.record({ ...event, event_id: `e${index}`, ...fields }))
const balanced = (recorder: Recorder) => {
  const { recorded, accepted, duplicate, failed, dropped, pending } = recorder.ledger()
  const given = Object.values(dropped).reduce((sum, count) => sum + count, 0)
  return recorded === accepted + duplicate + failed + given + pending
}

describe('record', () => {
  test('fills in id, session and time, and returns the id', async () => {
    vi.setSystemTime('2026-03-02T09:04:11.250Z')
    const recorder = startRecorder()
    const event_id = recorder.record(event)
    expect(event_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    await recorder.flush()
    expect(send.mock.calls[0]?.[0]).toEqual([
      { ...event, event_id, session_id: 'ses_1', timestamp: '2026-03-02T09:04:11.250Z' },
    ])
  })

  test.each([
    ['an unknown type', { event_type: 'sneezed' }, 'event_type'],
    ['an unknown key', { colour: 'red' }, 'colour'],
    ['a payload that JSON cannot hold', { payload: { a: [Number.NaN] } }, 'payload.a[0]'],
    ['a confidence past one', { attribution_confidence: 1.5 }, 'attribution_confidence'],
  ])('%s is refused at the call, its path named', (_what, fields, path) => {
    const recorder = startRecorder()
    const record = () => recorder.record({ ...event, ...fields } as NewEvent)
    expect(record).toThrow(GatewayError)
    expect(record).toThrow(expect.objectContaining({ data: expect.objectContaining({ code: 'BAD_REQUEST' }) }))
    expect(record).toThrow(
      expect.objectContaining({ data: expect.objectContaining({ issues: [expect.objectContaining({ path })] }) }),
    )
    expect(recorder.ledger()).toMatchObject({ recorded: 0, pending: 0 })
  })

  test('takes the event as it is at the call', async () => {
    const recorder = startRecorder()
    const payload = { lines: 1 }
    recorder.record({ ...event, payload })
    payload.lines = 2
    await recorder.flush()
    expect(send.mock.calls[0]?.[0][0]?.payload).toEqual({ lines: 1 })
  })

  test('keeps numbers that no double holds', async () => {
    const recorder = startRecorder()
    recorder.record({ ...event, payload: { n: 12345678901234567890n } })
    await recorder.flush()
    expect(send.mock.calls[0]?.[0][0]?.payload).toEqual({ n: 12345678901234567890n })
  })

  test('the same id while it still waits is the same event', async () => {
    const recorder = startRecorder()
    recorder.record({ ...event, event_id: 'twice' })
    recorder.record({ ...event, event_id: 'twice' })
    await recorder.flush()
    expect(sent()).toEqual([['twice']])
    expect(recorder.ledger()).toMatchObject({ recorded: 2, accepted: 1, duplicate: 1, pending: 0 })
  })
})

describe('batches', () => {
  test('go out after two seconds', async () => {
    const recorder = startRecorder()
    recordMany(recorder, 3)
    await vi.advanceTimersByTimeAsync(1_999)
    expect(send).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(sent()).toEqual([['e0', 'e1', 'e2']])
  })

  test('go out at once when full; the rest when it is due', async () => {
    const recorder = startRecorder()
    recordMany(recorder, 120)
    await vi.advanceTimersByTimeAsync(0)
    expect(sent().map(({ length }) => length)).toEqual([50, 50])
    await vi.advanceTimersByTimeAsync(2_000)
    expect(sent().map(({ length }) => length)).toEqual([50, 50, 20])
    expect(sent().flat()).toEqual(Array.from({ length: 120 }, (_, index) => `e${index}`))
  })

  test('hold no more bytes than granted; an event larger than that travels alone', async () => {
    const recorder = startRecorder({}, { maxEvents: 50, maxBytes: 2_000 })
    for (const [event_id, length] of [
      ['a', 700],
      ['b', 700],
      ['c', 700],
      ['large', 5_000],
      ['d', 1],
    ] as const) {
      recorder.record({ ...event, event_id, payload: { text: 'ü'.repeat(length / 2) } })
    }
    await recorder.flush()
    expect(sent()).toEqual([['a', 'b'], ['c'], ['large'], ['d']])
    for (const [events] of send.mock.calls.filter(([[first]]) => first?.event_id !== 'large')) {
      expect(Buffer.byteLength(JSON.stringify({ json: { events } }))).toBeLessThanOrEqual(2_000)
    }
  })

  test('are sent one at a time', async () => {
    let inFlight = 0
    send.mockImplementation(async (events, signal) => {
      expect(++inFlight).toBe(1)
      await new Promise((resolve) => setTimeout(resolve, 10))
      inFlight--
      return accept(events, signal)
    })
    const recorder = startRecorder()
    recordMany(recorder, 200)
    const flushed = Promise.all([recorder.flush(), recorder.flush()])
    await vi.advanceTimersByTimeAsync(100)
    await flushed
    expect(send).toHaveBeenCalledTimes(4)
  })

  test('that turn out to be too large are halved until they fit', async () => {
    send.mockImplementation(async (events, signal) => {
      if (events.length > 10) throw reportedProblem('PAYLOAD_TOO_LARGE', 'too large')
      return accept(events, signal)
    })
    const recorder = startRecorder()
    recordMany(recorder, 100)
    await recorder.flush()
    expect(recorder.ledger()).toMatchObject({ accepted: 100, failed: 0, pending: 0 })
    expect(
      sent()
        .map(({ length }) => length)
        .slice(0, 6),
    ).toEqual([50, 25, 13, 7, 7, 7])
    expect(new Set(sent().flat())).toEqual(new Set(Array.from({ length: 100 }, (_, index) => `e${index}`)))
  })

  test('of one event that is too large are told as failed', async () => {
    send.mockImplementation(refuse(reportedProblem('PAYLOAD_TOO_LARGE', 'too large')))
    const recorder = startRecorder()
    recorder.record({ ...event, event_id: 'large' })
    await recorder.flush()
    expect(failed).toMatchObject([{ kind: 'event', id: 'large', error: 'too large', code: 'PAYLOAD_TOO_LARGE' }])
  })
})

describe('what Core says', () => {
  test('of each event stands in the ledger; failures are told with the event', async () => {
    send.mockImplementation(async () => ({
      results: [
        { event_id: 'e0', status: 'accepted' },
        { event_id: 'e1', status: 'duplicate' },
        { event_id: 'e2', status: 'quarantined' },
      ],
      failed: [{ event_id: 'e3', error: 'session ses_1 is unknown', code: 'UNKNOWN_SESSION' }],
    }))
    const recorder = startRecorder()
    recordMany(recorder, 4)
    await recorder.flush()
    expect(recorder.ledger()).toMatchObject({
      recorded: 4,
      recovered: 0,
      accepted: 2,
      duplicate: 1,
      failed: 1,
      dropped: {},
      pending: 0,
    })
    expect(failed).toEqual([
      {
        kind: 'event',
        id: 'e3',
        entry: expect.objectContaining({ event_id: 'e3' }),
        error: 'session ses_1 is unknown',
        code: 'UNKNOWN_SESSION',
      },
    ])
  })

  test.each([
    ['BAD_REQUEST', { issues: [{ path: 'events[0].payload', message: 'too deep' }] }],
    ['FORBIDDEN', {}],
    ['NOT_FOUND', { upstream: { status: 404 } }],
    ['CONFLICT', { upstream: { status: 409 } }],
    ['PAYLOAD_TOO_LARGE', {}],
    ['UNPROCESSABLE_CONTENT', { upstream: { status: 422 } }],
  ] as const)('%s for one event costs no other', async (code, more) => {
    send.mockImplementation(async (events, signal) => {
      if (events.some(({ event_id }) => event_id === 'e13')) {
        throw reportedProblem(code, 'not this one', more as Partial<Problem>)
      }
      return accept(events, signal)
    })
    const recorder = startRecorder()
    recordMany(recorder, 50)
    await recorder.flush()
    expect(recorder.ledger()).toMatchObject({ accepted: 49, failed: 1, pending: 0 })
    expect(failed).toMatchObject([{ kind: 'event', id: 'e13', error: 'not this one', code }])
    expect(send.mock.calls.length).toBeLessThan(code === 'PAYLOAD_TOO_LARGE' ? 60 : 15)
  })

  test('against the whole batch fails each of its events', async () => {
    send.mockImplementation(refuse(reportedProblem('FORBIDDEN', 'not your workspace')))
    const recorder = startRecorder()
    recordMany(recorder, 10)
    await recorder.flush()
    expect(recorder.ledger()).toMatchObject({ failed: 10, pending: 0 })
    expect(send).toHaveBeenCalledTimes(19)
  })

  test.each([
    ['a retryable problem', reportedProblem('SERVICE_UNAVAILABLE', 'down')],
    ['a refused key', reportedProblem('UNAUTHORIZED', 'expired')],
    ['anything unforeseen', new TypeError('surprise')],
  ])('%s keeps every event, in order, until it passes', async (_what, error) => {
    send.mockRejectedValueOnce(error).mockRejectedValueOnce(error)
    const recorder = startRecorder()
    recordMany(recorder, 3)
    const flushed = recorder.flush()
    await vi.advanceTimersByTimeAsync(60_000)
    await flushed
    expect(sent()).toEqual(Array(3).fill(['e0', 'e1', 'e2']))
    expect(recorder.ledger()).toMatchObject({ accepted: 3, pending: 0 })
    expect(errors).toEqual([error, error])
  })

  test('Retry-After is never undercut', async () => {
    send.mockRejectedValueOnce(reportedProblem('TOO_MANY_REQUESTS', 'slow down', { retryAfterMs: 40_000 }))
    const recorder = startRecorder()
    recordMany(recorder, 1)
    const flushed = recorder.flush()
    await vi.advanceTimersByTimeAsync(39_999)
    expect(send).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(1)
    await flushed
    expect(send).toHaveBeenCalledTimes(2)
  })
})

describe('an outage of a minute', () => {
  test('costs a handful of attempts, and all is delivered after it', async () => {
    const down = reportedProblem('SERVICE_UNAVAILABLE', 'down')
    send.mockImplementation(refuse(down))
    const recorder = startRecorder()
    for (let second = 0; second < 60; second++) {
      recordMany(recorder, 20, { event_id: undefined as never })
      await vi.advanceTimersByTimeAsync(1_000)
    }
    expect(send.mock.calls.length).toBeLessThan(15)
    expect(recorder.ledger()).toMatchObject({ recorded: 1_200, pending: 1_200 })
    send.mockImplementation(accept)
    await vi.advanceTimersByTimeAsync(15_000)
    expect(recorder.ledger()).toMatchObject({ accepted: 1_200, pending: 0, dropped: {} })
  })
})

describe('what may wait is bounded', () => {
  test('by number: the oldest goes, and is told', async () => {
    send.mockImplementation(refuse(reportedProblem('SERVICE_UNAVAILABLE', 'down')))
    const recorder = startRecorder({ maxPending: 10 })
    recordMany(recorder, 25)
    expect(recorder.ledger()).toMatchObject({ recorded: 25, pending: 10, dropped: { overflow: 15 } })
    expect(dropped.map(({ id }) => id)).toEqual(Array.from({ length: 15 }, (_, index) => `e${index}`))
    expect(balanced(recorder)).toBe(true)
  })

  test('by bytes', () => {
    const recorder = startRecorder({ maxPendingBytes: 10_000 })
    recordMany(recorder, 30, { payload: { text: 'x'.repeat(1_000) } })
    const { pending, dropped } = recorder.ledger()
    expect(pending).toBeLessThan(10)
    expect(pending + (dropped.overflow ?? 0)).toBe(30)
  })

  test('never at the cost of what is being sent', async () => {
    let answer: (value: EventBatchResponse) => void = () => {}
    send.mockImplementation(() => new Promise((resolve) => (answer = resolve)))
    const recorder = startRecorder({ maxPending: 10 }, { ...LIMITS, maxEvents: 5 })
    recordMany(recorder, 5)
    await vi.advanceTimersByTimeAsync(0)
    for (let index = 5; index < 30; index++) recorder.record({ ...event, event_id: `e${index}` })
    expect(dropped.map(({ id }) => id)).not.toContain('e0')
    answer(await accept(send.mock.calls[0]?.[0] ?? [], new AbortController().signal))
    await vi.advanceTimersByTimeAsync(0)
    expect(recorder.ledger()).toMatchObject({ accepted: 5, dropped: { overflow: 20 }, pending: 5 })
  })

  test('a burst of 10,000 in one tick fits', async () => {
    const recorder = startRecorder()
    recordMany(recorder, 10_000)
    expect(recorder.ledger()).toMatchObject({ recorded: 10_000, pending: 10_000, dropped: {} })
    await recorder.flush()
    expect(recorder.ledger()).toMatchObject({ accepted: 10_000, pending: 0 })
    expect(send).toHaveBeenCalledTimes(200)
  })
})

describe('flush', () => {
  test('waits for nothing recorded after it', async () => {
    let answer: () => void = () => {}
    send.mockImplementationOnce(
      (events, signal) => new Promise((resolve) => (answer = () => resolve(accept(events, signal)))),
    )
    const recorder = startRecorder()
    recorder.record({ ...event, event_id: 'before' })
    let isFlushed = false
    const flushed = recorder.flush().then(() => (isFlushed = true))
    await vi.advanceTimersByTimeAsync(0)
    recorder.record({ ...event, event_id: 'after' })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(isFlushed).toBe(false)
    send.mockImplementation(() => new Promise(() => {}))
    answer()
    await flushed
    await vi.advanceTimersByTimeAsync(0)
    expect(recorder.ledger()).toMatchObject({ accepted: 1, pending: 1 })
    expect(sent()).toEqual([['before'], ['after']])
  })

  test('resolves at once where nothing waits', async () => {
    await startRecorder().flush()
    expect(send).not.toHaveBeenCalled()
  })

  test('can be given up without harm to what it waited for', async () => {
    send.mockRejectedValueOnce(reportedProblem('SERVICE_UNAVAILABLE', 'down'))
    const recorder = startRecorder()
    recordMany(recorder, 2)
    const impatient = new AbortController()
    const flushed = recorder.flush(impatient.signal)
    impatient.abort(new Error('enough'))
    await expect(flushed).rejects.toThrow('enough')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(recorder.ledger()).toMatchObject({ accepted: 2 })
  })
})

describe('close', () => {
  test('flushes, and takes nothing more', async () => {
    const recorder = startRecorder()
    recordMany(recorder, 3)
    await recorder.close(1_000)
    expect(recorder.ledger()).toMatchObject({ accepted: 3, pending: 0 })
    expect(() => recorder.record(event)).toThrow('ended')
  })

  test('with a memory spool tells what it had to drop at the deadline', async () => {
    send.mockImplementation(() => new Promise((_, reject) => send.mock.calls[0]?.[1].addEventListener('abort', reject)))
    const recorder = startRecorder()
    recordMany(recorder, 3)
    const closed = recorder.close(1_000)
    await vi.advanceTimersByTimeAsync(1_000)
    await closed
    expect(recorder.ledger()).toMatchObject({ dropped: { ended: 3 }, pending: 0 })
    expect(dropped).toHaveLength(3)
    expect(balanced(recorder)).toBe(true)
  })

  test('with a durable spool leaves it what waits', async () => {
    send.mockImplementation(refuse(reportedProblem('SERVICE_UNAVAILABLE', 'down')))
    const spool = { ...memorySpool(), durable: true, remove: vi.fn(async () => {}), close: vi.fn(async () => {}) }
    const recorder = startRecorder({ spool })
    recordMany(recorder, 3)
    const closed = recorder.close(1_000)
    await vi.advanceTimersByTimeAsync(1_000)
    await closed
    expect(recorder.ledger()).toMatchObject({ dropped: {}, pending: 3 })
    expect(spool.remove).not.toHaveBeenCalled()
    expect(spool.close).toHaveBeenCalledOnce()
  })

  test('ends the flushes of others', async () => {
    send.mockImplementation(refuse(reportedProblem('SERVICE_UNAVAILABLE', 'down')))
    const recorder = startRecorder()
    recordMany(recorder, 1)
    const flushed = expect(recorder.flush()).rejects.toThrow('ended')
    const closed = recorder.close(100)
    await vi.advanceTimersByTimeAsync(100)
    await closed
    await flushed
  })
})

describe('the spool', () => {
  function recordingSpool(leftBehind: SpoolEntry[][] = []) {
    const kept = new Map<string, string>()
    const spool: Spool = {
      durable: true,
      recover: async () => leftBehind.shift() ?? [],
      append: vi.fn(async (entries) => {
        for (const { id, json } of entries) kept.set(id, json)
      }),
      remove: vi.fn(async (entries) => {
        for (const { id } of entries) kept.delete(id)
      }),
      close: async () => {},
    }
    return { spool, kept }
  }
  /** An event of version 0.1.0, which knew Core's session. */
  const left = (event_id: string): SpoolEntry => ({
    session: 'ses_0',
    id: event_id,
    kind: 'event',
    json: JSON.stringify({ ...event, event_id, session_id: 'ses_0', timestamp: '2026-03-02T09:00:00Z' }),
  })

  test('has everything once it is persisted, and nothing once Core has answered', async () => {
    const { spool, kept } = recordingSpool()
    const recorder = startRecorder({ spool })
    recordMany(recorder, 3)
    await recorder.persisted()
    expect([...kept.keys()]).toEqual(['opening', 'e0', 'e1', 'e2'])
    expect(JSON.parse(kept.get('e1') ?? '')).toMatchObject({ ...event, event_id: 'e1' })
    await recorder.flush()
    await expect.poll(() => [...kept.keys()]).toEqual(['opening'])
    await recorder.close(1_000, { status: 'completed' })
    expect(kept.size).toBe(0)
  })

  test('is written once for all that is recorded in one tick', async () => {
    const { spool } = recordingSpool()
    const recorder = startRecorder({ spool })
    recordMany(recorder, 1_000)
    await recorder.persisted()
    expect(spool.append).toHaveBeenCalledTimes(1)
  })

  test('gives back what earlier runs left, each in its own session', async () => {
    const { spool } = recordingSpool([[left('l0'), left('l1')], [left('l2')]])
    const recorder = startRecorder({ spool })
    await recorder.recover()
    recorder.record({ ...event, event_id: 'new' })
    await recorder.flush()
    expect(sent().flat().sort()).toEqual(['l0', 'l1', 'l2', 'new'])
    const sessions = send.mock.calls.flatMap(([events]) => events.map((one) => [one.event_id, one.session_id]))
    expect(Object.fromEntries(sessions)).toEqual({ l0: 'ses_0', l1: 'ses_0', l2: 'ses_0', new: 'ses_1' })
    expect(recorder.ledger()).toMatchObject({ recorded: 4, recovered: 3, accepted: 4 })
    await expect.poll(() => vi.mocked(spool.remove).mock.calls.flat(2)).toHaveLength(4)
  })

  test('is asked for more only when there is room', async () => {
    const runs = [0, 1, 2].map((run) => Array.from({ length: 4 }, (_, index) => left(`${run}-${index}`)))
    const { spool } = recordingSpool(runs)
    send.mockRejectedValueOnce(reportedProblem('SERVICE_UNAVAILABLE', 'down'))
    const recorder = startRecorder({ spool, maxPending: 4 })
    await recorder.recover()
    expect(recorder.ledger()).toMatchObject({ recovered: 4, pending: 4 })
    await vi.advanceTimersByTimeAsync(20_000)
    expect(recorder.ledger()).toMatchObject({ recovered: 12, accepted: 12, dropped: {} })
  })

  test('that holds what is no JSON stops nothing', async () => {
    const { spool } = recordingSpool()
    const broken: SpoolEntry = { session: '', id: 'broken', kind: 'event', json: '{' }
    const recover = vi.fn(async (): Promise<SpoolEntry[]> => []).mockResolvedValueOnce([broken, left('l0')])
    const recorder = startRecorder({ spool: { ...spool, recover } })
    await recorder.recover()
    await recorder.flush()
    expect(sent()).toEqual([['l0']])
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringContaining('broken') })])
  })
})

test('callbacks that throw stop nothing', async () => {
  send.mockImplementation(refuse(reportedProblem('FORBIDDEN', 'no')))
  const recorder = startRecorder({
    onFailed() {
      throw new Error('a bug of theirs')
    },
  })
  recordMany(recorder, 2)
  await recorder.flush()
  expect(recorder.ledger()).toMatchObject({ failed: 2 })
  expect(errors).toHaveLength(2)
})
