import { stringifyJson } from '@achilles/mcp-contract'
import { describe, expect, test } from 'vitest'
import { acceptAll } from './event-core.ts'
import {
  accepted,
  BATCH,
  batchOf,
  core,
  event,
  gateway,
  held,
  hold,
  next,
  occupy,
  open,
  type Settings,
  send,
  shakeHands,
  start,
  underWay,
  useHoldingCore,
  wait,
  waiting,
} from './holding-core.ts'
import { inTurn, reply, type Script } from './scripted-core.ts'
import type { Answer } from './test-gateway.ts'

useHoldingCore()

/** A caller that can hang up. */
function leaver(ids: string[]) {
  const controller = new AbortController()
  const init = { method: 'POST', body: stringifyJson(batchOf(...ids)), signal: controller.signal }
  const headers = { 'content-type': 'application/json' }
  const answer = () =>
    fetch(`${gateway.url}/api/achilles/v1/mcp${BATCH}`, { ...init, headers }).then(
      ({ status }) => String(status),
      () => 'gone',
    )
  return { answer, hangUp: () => controller.abort() }
}

describe('a caller that leaves', () => {
  test('while it waits, is not sent at all', async () => {
    await start()
    await occupy()
    const { answer, hangUp } = leaver(['leaves'])
    const [a, gone, b] = await wait<Answer | string>(
      () => send(['a']),
      answer,
      () => send(['b']),
    )
    hangUp()
    expect(await gone).toBe('gone')
    await expect.poll(waiting).toBe(2)
    const group = await next()
    expect(group.ids).toEqual(['a', 'b'])
    group.answer()
    expect(await Promise.all([a, b])).toMatchObject([{ value: accepted('a') }, { value: accepted('b') }])
  })

  test('while the group is under way, harms nobody', async () => {
    await start()
    await occupy()
    const { answer, hangUp } = leaver(['leaves'])
    const [gone, a] = await wait<Answer | string>(answer, () => send(['a'], { 'x-request-id': 'a' }))
    const group = await next()
    hangUp()
    expect(await gone).toBe('gone')
    await expect.poll(() => gateway.requests.some(({ status }) => status === 499)).toBe(true)
    group.answer()
    expect(await a).toMatchObject({ value: accepted('a') })
    await expect
      .poll(() => gateway.requests)
      .toContainEqual(expect.objectContaining({ request_id: 'a', core_attempts: 1 }))
  })

  test('as the last one, ends the call to Core', async () => {
    await start()
    await occupy()
    const leavers = [leaver(['a']), leaver(['b'])]
    const answers = await wait(...leavers.map(({ answer }) => answer))
    const group = await next()
    leavers[0]?.hangUp()
    expect(await answers[0]).toBe('gone')
    await expect.poll(() => gateway.requests.some(({ status }) => status === 499)).toBe(true)
    expect(group.abandoned).toBe(false)
    leavers[1]?.hangUp()
    await expect.poll(() => group.abandoned).toBe(true)
    expect(await gateway.metrics.registry.metrics()).toContain(
      'core_request_duration_seconds_count{operation="signals.ingestBatch",status="aborted"} 1',
    )
  })

  test('because its deadline passes while the group waits for a place, gets its 504', async () => {
    await start({ link: { maxInFlight: 2, deadlineMs: 1_500, longestWaitMs: 20 } })
    await occupy()
    const [a, b] = await Promise.all([send(['a']), send(['b'])])
    for (const { status, problem } of [a, b]) {
      expect(status).toBe(504)
      expect(problem).toMatchObject({ code: 'GATEWAY_TIMEOUT', retryable: true })
    }
  })
})

describe('what is told of a group', () => {
  test('each record counts the attempts and names the call at Core; metrics count it once', async () => {
    await start({ link: { maxRetries: 1 } })
    await occupy()
    const answers = await wait(
      () => send(['a'], { 'x-request-id': 'a' }),
      () => gateway.rest('POST', '/signals/events', event('b'), { 'x-request-id': 'b' }),
      () => gateway.mcp('signals.ingestBatch', batchOf('c'), { 'x-request-id': 'c' }),
    )
    const group = await next()
    core.answer(acceptAll)
    group.answer(reply(503, {}))
    await Promise.all(answers)
    for (const call of held) call.answer()
    await Promise.all(underWay)
    const lineOf = (id: string) => gateway.requests.find(({ request_id }) => request_id === id)
    await expect.poll(() => ['a', 'b', 'c'].map(lineOf)).not.toContain(undefined)
    expect(lineOf('a')).toMatchObject({ core_attempts: 2, status: 200 })
    expect(lineOf('a')).not.toHaveProperty('core_request_id')
    for (const id of ['b', 'c'])
      expect(lineOf(id)).toMatchObject({ core_attempts: 2, core_request_id: 'a', status: 200 })
    const metrics = await gateway.metrics.registry.metrics()
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

  test('a stop signal lets those who wait be answered', async () => {
    await start()
    await occupy()
    const answers = await wait(...['a', 'b'].map((id) => () => send([id])))
    const closed = gateway.close(5_000)
    await expect.poll(() => gateway.health.draining).toBe(true)
    const group = await next()
    for (const call of [group, ...held]) call.answer()
    expect((await Promise.all(answers)).map(({ value }) => value)).toEqual([accepted('a'), accepted('b')])
    expect(await closed).toBe(true)
    await open()
  })

  test('while the circuit is open nobody waits', async () => {
    await start()
    core.answer(reply(502, {}))
    await Promise.all(Array.from({ length: 30 }, () => gateway.rest('GET', '/health/core')))
    expect(gateway.health.ready).toBe(false)
    const calls = await Promise.all(['a', 'b', 'c', 'd'].map((id) => send([id])))
    expect(calls.map(({ status }) => status)).toEqual([503, 503, 503, 503])
    expect(await waiting()).toBe(0)
  })
})

describe('a group that fails', () => {
  const poisoned =
    (status: number): Script =>
    (request, response, attempt) =>
      (request.text.includes('poison') ? reply(status, { detail: 'poisoned' }) : acceptAll)(request, response, attempt)

  async function groupOfThree(answer: Script, link: Settings['link'] = {}) {
    await start({ link })
    await occupy()
    const answers = await wait(
      ...['a', 'poison', 'b'].map((id) => () => send([id], { 'x-request-id': id, 'idempotency-key': `key-${id}` })),
    )
    const group = await next()
    core.answer(answer)
    group.answer(answer)
    return Promise.all(answers)
  }

  test.each([400, 401, 403, 404, 409, 413, 415, 422, 451, 500])('with %i is sent again one by one', async (status) => {
    const [a, poison, b] = await groupOfThree(poisoned(status))
    expect(a).toMatchObject({ status: 200, value: accepted('a') })
    expect(b).toMatchObject({ status: 200, value: accepted('b') })
    expect(poison).toMatchObject({ problem: { upstream: { status, detail: 'poisoned' }, request_id: 'poison' } })
    expect(
      core.seen.map(({ headers, text }) => [headers['x-request-id'], headers['idempotency-key'], text]).sort(),
    ).toEqual(['a', 'b', 'poison'].map((id) => [id, `key-${id}`, stringifyJson(batchOf(id))]))
  })

  test.each([
    [429, 429],
    [408, 502],
    [501, 502],
    [502, 502],
    [503, 503],
    [504, 502],
    [302, 502],
  ])('with %i fails for all, each with a %i of its own', async (status, told) => {
    const answers = await groupOfThree(reply(status, { detail: 'busy' }, { 'retry-after': '7' }))
    expect(answers.map(({ problem }) => [problem?.status, problem?.request_id, problem?.upstream?.status])).toEqual(
      ['a', 'poison', 'b'].map((id) => [told, id, status]),
    )
    for (const { headers } of answers) expect(headers.get('retry-after')).toBe([429, 503].includes(status) ? '7' : null)
    expect(core.seen).toEqual([])
  })

  test('by a broken connection, fails for all', async () => {
    const answers = await groupOfThree((_request, response) => response.socket?.resetAndDestroy())
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503])
    expect(core.seen).toEqual([])
    expect(await gateway.rest('GET', '/health')).toMatchObject({ value: { last_ingest_error_at: expect.any(String) } })
  })

  test('is retried as any call, with one key', async () => {
    const answers = await groupOfThree(inTurn(reply(503, {}), acceptAll), { maxRetries: 2 })
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const group = held.find(({ ids }) => ids.length === 3)
    expect(core.seen.map(({ text, headers }) => [text, headers['idempotency-key']])).toEqual(
      Array(core.seen.length).fill([group?.text, group?.headers['idempotency-key']]),
    )
  })
})

describe('an answer that cannot be divided', () => {
  const entry = { event_id: 'a', status: 'accepted' }
  test.each<[string, unknown]>([
    ['no object', '[]'],
    ['a list missing', { results: [] }],
    ['a list that is none', { results: {}, failed: [] }],
    ['a field of its own', { results: [], failed: [], took_ms: 5 }],
    ['an event of nobody’s', { results: [entry, { ...entry, event_id: 'z' }], failed: [] }],
    ['an event twice', { results: [entry], failed: [{ event_id: 'a', error: 'no' }] }],
    ['an entry without an id', { results: [{ status: 'accepted' }], failed: [] }],
    ['an entry that is none', { results: [null], failed: [] }],
    [
      '1,000 levels',
      `{"results":[{"event_id":"a","status":"accepted","x":${'['.repeat(1000)}${']'.repeat(1000)}}],"failed":[]}`,
    ],
  ])('for %s: each is sent again by itself, and nothing is grouped any more', async (_what, answer) => {
    await start()
    await occupy()
    const inGroup = await wait(...['a', 'b'].map((id) => () => send([id], { 'x-request-id': id })))
    const group = await next()
    const elsewhere = { 'x-mcp-session-token': 'another' }
    await occupy(elsewhere)
    const later = await wait(...['c', 'd'].map((id) => () => send([id], elsewhere)))
    core.answer(acceptAll)
    group.answer(reply(200, answer))
    expect((await Promise.all([...inGroup, ...later])).map(({ value }) => value)).toEqual(
      ['a', 'b', 'c', 'd'].map((id) => accepted(id)),
    )
    expect(core.seen.map(({ text }) => text).sort()).toEqual(
      ['a', 'b', 'c', 'd'].map((id) => stringifyJson(batchOf(id))),
    )
    expect(gateway.log.filter((line) => line.includes('cannot be divided'))).toHaveLength(1)
    for (const call of held) call.answer()
    hold()
    await shakeHands()
    underWay.push(...['e', 'f', 'g', 'h'].map((id) => send([id])))
    await expect.poll(() => held.length).toBe(4)
  })
})
