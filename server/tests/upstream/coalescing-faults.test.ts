import { stringifyJson } from '@achilles/mcp-contract'
import { describe, expect } from 'vitest'
import { acceptAll } from '../support/event-core.ts'
import { accepted, BATCH, batchOf, event, type Holding, type Settings, test } from '../support/holding-core.ts'
import { inTurn, reply, type Script } from '../support/scripted-core.ts'
import type { Answer } from '../support/test-gateway.ts'

/** A caller that can disconnect. */
function disconnectingCaller({ gateway }: Holding, ids: string[]) {
  const controller = new AbortController()
  const init = { method: 'POST', body: stringifyJson(batchOf(...ids)), signal: controller.signal }
  const headers = { 'content-type': 'application/json' }
  const send = () =>
    fetch(`${gateway.url}/api/achilles/v1/mcp${BATCH}`, { ...init, headers }).then(
      ({ status }) => String(status),
      () => 'gone',
    )
  return { send, disconnect: () => controller.abort() }
}

describe('a caller that disconnects', () => {
  test('while its batch waits: the batch is not sent', async ({ holding }) => {
    await holding.start()
    await holding.occupy()
    const caller = disconnectingCaller(holding, ['leaves'])
    const [a, gone, b] = await holding.wait<Answer | string>(
      () => holding.send(['a']),
      caller.send,
      () => holding.send(['b']),
    )
    caller.disconnect()
    expect(await gone).toBe('gone')
    await expect.poll(holding.waiting).toBe(2)
    const call = await holding.next()
    expect(call.ids).toEqual(['a', 'b'])
    call.answer()
    expect(await Promise.all([a, b])).toMatchObject([{ value: accepted('a') }, { value: accepted('b') }])
  })

  test('while the merged call is in flight: the others get their responses', async ({ holding }) => {
    await holding.start()
    await holding.occupy()
    const caller = disconnectingCaller(holding, ['leaves'])
    const [gone, a] = await holding.wait<Answer | string>(caller.send, () =>
      holding.send(['a'], { 'x-request-id': 'a' }),
    )
    const call = await holding.next()
    caller.disconnect()
    expect(await gone).toBe('gone')
    await expect.poll(() => holding.gateway.requests.some(({ status }) => status === 499)).toBe(true)
    call.answer()
    expect(await a).toMatchObject({ value: accepted('a') })
    await expect
      .poll(() => holding.gateway.requests)
      .toContainEqual(expect.objectContaining({ request_id: 'a', core_attempts: 1 }))
  })

  test('as the last one: the call to Core is aborted', async ({ holding }) => {
    await holding.start()
    await holding.occupy()
    const callers = [disconnectingCaller(holding, ['a']), disconnectingCaller(holding, ['b'])]
    const answers = await holding.wait(...callers.map(({ send }) => send))
    const call = await holding.next()
    callers[0]?.disconnect()
    expect(await answers[0]).toBe('gone')
    await expect.poll(() => holding.gateway.requests.some(({ status }) => status === 499)).toBe(true)
    expect(call.abandoned).toBe(false)
    callers[1]?.disconnect()
    await expect.poll(() => call.abandoned).toBe(true)
    expect(await holding.gateway.metrics.registry.metrics()).toContain(
      'core_request_duration_seconds_count{operation="signals.ingestBatch",status="aborted"} 1',
    )
  })

  test('whose deadline passes while the merged call is queued gets 504', async ({ holding }) => {
    await holding.start({ upstream: { maxInFlight: 2, deadlineMs: 1_500, longestWaitMs: 20 } })
    await holding.occupy()
    const [a, b] = await Promise.all([holding.send(['a']), holding.send(['b'])])
    for (const { status, problem } of [a, b]) {
      expect(status).toBe(504)
      expect(problem).toMatchObject({ code: 'GATEWAY_TIMEOUT', retryable: true })
    }
  })
})

describe('the records and metrics of a merged call', () => {
  test('each record has the attempts and the request id at Core; metrics count the call once', async ({ holding }) => {
    await holding.start({ upstream: { maxRetries: 1 } })
    await holding.occupy()
    const answers = await holding.wait(
      () => holding.send(['a'], { 'x-request-id': 'a' }),
      () => holding.gateway.rest('POST', '/signals/events', event('b'), { 'x-request-id': 'b' }),
      () => holding.gateway.mcp('signals.ingestBatch', batchOf('c'), { 'x-request-id': 'c' }),
    )
    const call = await holding.next()
    holding.core.answer(acceptAll)
    call.answer(reply(503, {}))
    await Promise.all(answers)
    for (const one of holding.held) one.answer()
    await Promise.all(holding.inFlight)
    const getLine = (id: string) => holding.gateway.requests.find(({ request_id }) => request_id === id)
    await expect.poll(() => ['a', 'b', 'c'].map(getLine)).not.toContain(undefined)
    expect(getLine('a')).toMatchObject({ core_attempts: 2, status: 200 })
    expect(getLine('a')).not.toHaveProperty('core_request_id')
    for (const id of ['b', 'c'])
      expect(getLine(id)).toMatchObject({ core_attempts: 2, core_request_id: 'a', status: 200 })
    const metrics = await holding.gateway.metrics.registry.metrics()
    for (const sample of [
      'core_request_duration_seconds_count{operation="signals.ingestBatch",status="200"} 3',
      'core_request_duration_seconds_count{operation="signals.ingestBatch",status="503"} 1',
      'core_retries_total{operation="signals.ingestBatch"} 1',
      'core_retries_total{operation="signals.ingest"} 0',
      'events_forwarded_total 5',
    ])
      expect(metrics.split('\n')).toContain(sample)
    expect(metrics).not.toContain('core_request_duration_seconds_count{operation="signals.ingest"')
  })

  test('waiting batches get their responses after a stop signal', async ({ holding }) => {
    await holding.start()
    await holding.occupy()
    const answers = await holding.wait(...['a', 'b'].map((id) => () => holding.send([id])))
    const closed = holding.gateway.close(5_000)
    await expect.poll(() => holding.gateway.health.draining).toBe(true)
    const call = await holding.next()
    for (const one of [call, ...holding.held]) one.answer()
    expect((await Promise.all(answers)).map(({ value }) => value)).toEqual([accepted('a'), accepted('b')])
    expect(await closed).toBe(true)
    await holding.open()
  })

  test('no batch waits while the circuit is open', async ({ holding }) => {
    await holding.start()
    holding.core.answer(reply(502, {}))
    await Promise.all(Array.from({ length: 30 }, () => holding.gateway.rest('GET', '/health/core')))
    expect(holding.gateway.health.ready).toBe(false)
    const calls = await Promise.all(['a', 'b', 'c', 'd'].map((id) => holding.send([id])))
    expect(calls.map(({ status }) => status)).toEqual([503, 503, 503, 503])
    expect(await holding.waiting()).toBe(0)
  })
})

describe('a merged call that fails', () => {
  const poisoned =
    (status: number): Script =>
    (request, response, attempt) =>
      (request.text.includes('poison') ? reply(status, { detail: 'poisoned' }) : acceptAll)(request, response, attempt)

  async function mergeThree(holding: Holding, answer: Script, upstream: Settings['upstream'] = {}) {
    await holding.start({ upstream })
    await holding.occupy()
    const answers = await holding.wait(
      ...['a', 'poison', 'b'].map(
        (id) => () => holding.send([id], { 'x-request-id': id, 'idempotency-key': `key-${id}` }),
      ),
    )
    const call = await holding.next()
    holding.core.answer(answer)
    call.answer(answer)
    return Promise.all(answers)
  }

  test.for([400, 401, 403, 404, 409, 413, 415, 422, 451, 500])(
    'with %i: each batch is sent again unmerged',
    async (status, { holding }) => {
      const [a, poison, b] = await mergeThree(holding, poisoned(status))
      expect(a).toMatchObject({ status: 200, value: accepted('a') })
      expect(b).toMatchObject({ status: 200, value: accepted('b') })
      expect(poison).toMatchObject({ problem: { upstream: { status, detail: 'poisoned' }, request_id: 'poison' } })
      expect(
        holding.core.seen
          .map(({ headers, text }) => [headers['x-request-id'], headers['idempotency-key'], text])
          .sort(),
      ).toEqual(['a', 'b', 'poison'].map((id) => [id, `key-${id}`, stringifyJson(batchOf(id))]))
    },
  )

  test.for<[number, number]>([
    [429, 429],
    [408, 502],
    [501, 502],
    [502, 502],
    [503, 503],
    [504, 502],
    [302, 502],
  ])('with %i fails for all callers with %i', async ([status, expected], { holding }) => {
    const answers = await mergeThree(holding, reply(status, { detail: 'busy' }, { 'retry-after': '7' }))
    expect(answers.map(({ problem }) => [problem?.status, problem?.request_id, problem?.upstream?.status])).toEqual(
      ['a', 'poison', 'b'].map((id) => [expected, id, status]),
    )
    for (const { headers } of answers) expect(headers.get('retry-after')).toBe([429, 503].includes(status) ? '7' : null)
    expect(holding.core.seen).toEqual([])
  })

  test('with a closed connection fails for all callers', async ({ holding }) => {
    const answers = await mergeThree(holding, (_request, response) => response.socket?.resetAndDestroy())
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503])
    expect(holding.core.seen).toEqual([])
    expect(await holding.gateway.rest('GET', '/health')).toMatchObject({
      value: { last_ingest_error_at: expect.any(String) },
    })
  })

  test('is retried as any call, with the same idempotency key', async ({ holding }) => {
    const answers = await mergeThree(holding, inTurn(reply(503, {}), acceptAll), { maxRetries: 2 })
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const call = holding.held.find(({ ids }) => ids.length === 3)
    expect(holding.core.seen.map(({ text, headers }) => [text, headers['idempotency-key']])).toEqual(
      Array(holding.core.seen.length).fill([call?.text, call?.headers['idempotency-key']]),
    )
  })
})

describe('a response that cannot be split', () => {
  const entry = { event_id: 'a', status: 'accepted' }
  test.for<[string, unknown]>([
    ['not an object', '[]'],
    ['a list missing', { results: [] }],
    ['a list that is an object', { results: {}, failed: [] }],
    ['an additional field', { results: [], failed: [], took_ms: 5 }],
    ['an event that was not sent', { results: [entry, { ...entry, event_id: 'z' }], failed: [] }],
    ['an event twice', { results: [entry], failed: [{ event_id: 'a', error: 'no' }] }],
    ['an entry without an id', { results: [{ status: 'accepted' }], failed: [] }],
    ['an entry that is null', { results: [null], failed: [] }],
    [
      '1,000 levels',
      `{"results":[{"event_id":"a","status":"accepted","x":${'['.repeat(1000)}${']'.repeat(1000)}}],"failed":[]}`,
    ],
  ])(
    'for %s: each batch is sent again unmerged, and nothing is merged any more',
    async ([_what, answer], { holding }) => {
      await holding.start()
      await holding.occupy()
      const merged = await holding.wait(...['a', 'b'].map((id) => () => holding.send([id], { 'x-request-id': id })))
      const call = await holding.next()
      const elsewhere = { 'x-mcp-session-token': 'another' }
      await holding.occupy(elsewhere)
      const later = await holding.wait(...['c', 'd'].map((id) => () => holding.send([id], elsewhere)))
      holding.core.answer(acceptAll)
      call.answer(reply(200, answer))
      expect((await Promise.all([...merged, ...later])).map(({ value }) => value)).toEqual(
        ['a', 'b', 'c', 'd'].map((id) => accepted(id)),
      )
      expect(holding.core.seen.map(({ text }) => text).sort()).toEqual(
        ['a', 'b', 'c', 'd'].map((id) => stringifyJson(batchOf(id))),
      )
      expect(holding.gateway.log.filter((line) => line.includes('cannot be split'))).toHaveLength(1)
      for (const one of holding.held) one.answer()
      holding.hold()
      await holding.shakeHands()
      holding.inFlight.push(...['e', 'f', 'g', 'h'].map((id) => holding.send([id])))
      await expect.poll(() => holding.held.length).toBe(4)
    },
  )
})
