import { parseJson, stringifyJson } from '@achilles/mcp-contract'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { acceptAll, type HeldCall, handshakeWith, holdEvents } from './event-core.ts'
import { bearer, KEYS, writeKeysFile } from './keys-file.ts'
import { operationNamed, validInput } from './operations.ts'
import { inTurn, reply, type Script, type ScriptedCore, startScriptedCore } from './scripted-core.ts'
import { type Answer, startTestGateway, type TestGateway } from './test-gateway.ts'

const LINK = { groupForwarding: true, maxRetries: 0, longestWaitMs: 60_000, timeoutMs: 60_000, deadlineMs: 60_000 }
const BATCH = '/signals/events/batch'
type Settings = NonNullable<Parameters<typeof startTestGateway>[1]>

let core: ScriptedCore
let keys: Awaited<ReturnType<typeof writeKeysFile>>
let gateway: TestGateway
let held: HeldCall[]
let underWay: Promise<Answer>[]

beforeAll(async () => {
  core = await startScriptedCore()
  keys = await writeKeysFile(['ws-1'])
})
beforeEach(() => {
  held = holdEvents(core)
  underWay = []
})
afterEach(async () => {
  core.answer(acceptAll)
  for (const call of held) call.answer()
  await Promise.all(underWay)
  await gateway.close()
})
afterAll(async () => {
  await core.close()
  await keys.remove()
})

const shakeHands = () => gateway.rest('POST', '/handshake', validInput(operationNamed('handshake')))

/** A gateway that knows Core's sizes. */
async function start({ link, ...settings }: Settings = {}): Promise<void> {
  gateway = await startTestGateway(core, { ...settings, link: { ...LINK, ...link } })
  await shakeHands()
}

const event = (event_id: string, more: object = {}) => ({
  event_id,
  event_type: 'error',
  source_type: 'ide',
  session_id: 's',
  timestamp: '2026-03-02T09:00:00Z',
  ...more,
})
const batchOf = (...ids: string[]) => ({ events: ids.map((id) => event(id)) })
const send = (ids: string[], headers?: Record<string, string>) => gateway.rest('POST', BATCH, batchOf(...ids), headers)

/** Two calls under way, which Core holds: what comes now waits. */
async function occupy(headers?: Record<string, string>): Promise<void> {
  const before = held.length
  underWay.push(send([`busy-${before}`], headers), send([`busy-${before + 1}`], headers))
  await expect.poll(() => held.length).toBe(before + 2)
}

async function waiting(): Promise<number> {
  const text = await gateway.metrics.registry.metrics()
  return Number(/^core_calls_joining (\d+)$/m.exec(text)?.[1])
}

/** Makes calls one after another, each once the one before waits. */
async function wait<Called>(...calls: (() => Promise<Called>)[]): Promise<Promise<Called>[]> {
  const before = await waiting()
  const made: Promise<Called>[] = []
  for (const call of calls) {
    made.push(call())
    await expect.poll(waiting, { interval: 5 }).toBe(before + made.length)
  }
  return made
}

/** Lets a held call end, and gives the call that Core then sees. */
async function next(): Promise<HeldCall> {
  const seen = held.length
  held.find(({ ids, answered }) => ids[0]?.startsWith('busy-') && !answered)?.answer()
  return heldAt(seen)
}

async function heldAt(index: number): Promise<HeldCall> {
  await expect.poll(() => held[index], { interval: 5 }).toBeDefined()
  return held[index] as HeldCall
}

const accepted = (...ids: string[]) => ({
  results: ids.map((event_id) => ({ event_id, status: 'accepted' })),
  failed: [],
})

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

describe('while calls are under way', () => {
  test('callers of every surface share the next one, each with its own results', async () => {
    await start()
    await occupy()
    const answers = await wait(
      () => gateway.rest('POST', BATCH, batchOf('r-1', 'r-2')),
      () => gateway.native('signals.ingestBatch', batchOf('n-1', 'n-2')),
      () => gateway.mcp('signals.ingestBatch', batchOf('m-1', 'm-2')),
      () => gateway.rest('POST', '/signals/events', event('one')),
    )
    const group = await next()
    expect(group.text).toBe(stringifyJson(batchOf('r-1', 'r-2', 'n-1', 'n-2', 'm-1', 'm-2', 'one')))
    const took = (event_id: string, more = '') => `{"event_id":"${event_id}","status":"accepted"${more}}`
    const refused = (event_id: string) => `{"event_id":"${event_id}","error":"no","code":"X","hint":{"a":[1]}}`
    const long = ',"shard":12345678901234567890,"f":0.12345678901234567890123,"big":1e400'
    group.answer(
      reply(
        200,
        `{ "failed":[${refused('n-2')},${refused('r-1')}], "results":[${took('m-2', long)},${took('one')},${took('n-1', long)},${took('r-2', long)},${took('m-1')}] }`,
      ),
    )
    const [rest, native, mcp, one] = await Promise.all(answers)
    expect(rest?.text).toBe(`{"results":[${took('r-2', long)}],"failed":[${refused('r-1')}]}`)
    expect(native?.value).toMatchObject({ results: [{ event_id: 'n-1' }], failed: [JSON.parse(refused('n-2'))] })
    expect(mcp?.value).toEqual(parseJson(`{"results":[${took('m-2', long)},${took('m-1')}],"failed":[]}`))
    expect(one?.value).toEqual(accepted('one'))
    expect(await waiting()).toBe(0)
  })

  test('long numbers reach native callers as by themselves', async () => {
    await start()
    const answerTo = async (held: HeldCall, answer: Promise<Answer>) => {
      const entries = held.ids.map(
        (id) => `{"event_id":"${id}","status":"accepted","n":[12345678901234567890,0.12345678901234567890123,1.50,-7]}`,
      )
      held.answer(reply(200, `{"results":[${entries}],"failed":[]}`))
      return (await answer).text
    }
    const native = () => gateway.native('signals.ingestBatch', batchOf('e'))
    const first = native()
    const alone = await answerTo(await heldAt(0), first)
    await occupy()
    const [answer, other] = await wait(native, () => send(['f']))
    expect(await answerTo(await next(), answer as Promise<Answer>)).toBe(alone)
    await other
  })

  test('the group has a key of its own, and is its first caller’s otherwise', async () => {
    await start()
    await occupy()
    const headersOf = (name: string) => ({
      'x-request-id': name,
      'idempotency-key': `key-${name}`,
      tracestate: `t=${name}`,
    })
    const answers = await wait(...['a', 'b', 'c'].map((name) => () => send([name], headersOf(name))))
    const group = await next()
    expect(group.headers).toMatchObject({ 'x-request-id': 'a', tracestate: 't=a', 'x-achilles-client': 'anonymous' })
    expect(group.headers['idempotency-key']).toMatch(/^[\da-f-]{36}$/)
    group.answer()
    for (const [index, answer] of (await Promise.all(answers)).entries())
      expect(answer.headers.get('x-request-id')).toBe('abc'[index])
  })

  test('one that joined nobody goes as if there were no groups', async () => {
    await start()
    await occupy()
    const [answer] = await wait(() => send(['a'], { 'x-request-id': 'a', 'idempotency-key': 'key-a' }))
    const alone = await next()
    expect(alone.headers).toMatchObject({ 'x-request-id': 'a', 'idempotency-key': 'key-a' })
    alone.answer(reply(200, '{"results":[],"failed":[],"more":1}'))
    expect((await answer)?.text).toBe('{"results":[],"failed":[],"more":1}')
  })

  test('an event that Core does not mention is missing in its caller’s answer, as by itself', async () => {
    await start()
    await occupy()
    const answers = await wait(
      () => send(['a', 'b']),
      () => send(['c']),
    )
    ;(await next()).answer(reply(200, accepted('b')))
    expect((await Promise.all(answers)).map(({ value }) => value)).toEqual([accepted('b'), accepted()])
    for (const call of held) call.answer()
    await Promise.all(underWay)
    await occupy()
    underWay.push(...(await wait(() => send(['still-grouped']))))
  })

  test('what waits is not held up by a slow Core', async () => {
    await start({ link: { longestWaitMs: 50 } })
    await occupy()
    const answers = [send(['a']), send(['b']), send(['c'])]
    await expect
      .poll(() =>
        held
          .slice(2)
          .flatMap(({ ids }) => ids)
          .sort(),
      )
      .toEqual(['a', 'b', 'c'])
    for (const call of held.slice(2)) call.answer()
    await Promise.all(answers)
    expect(held.slice(0, 2).map(({ abandoned }) => abandoned)).toEqual([false, false])
  })

  test('no more than CORE_MAX_QUEUED wait; the others go out by themselves', async () => {
    await start({ link: { maxQueued: 2 } })
    await occupy()
    underWay.push(...(await wait(...['a', 'b'].map((id) => () => send([id])))))
    underWay.push(send(['c']))
    expect((await heldAt(2)).ids).toEqual(['c'])
    expect((await next()).ids).toEqual(['a', 'b'])
    for (const call of held.slice(2)) call.answer()
  })
})

describe('a group holds no more than Core likes', () => {
  test('events', async () => {
    held = holdEvents(core, handshakeWith({ preferred_batch_size: 4 }))
    await start()
    await occupy()
    const answers = await wait(...[['a', 'b'], ['c', 'd'], ['e', 'f', 'g'], ['h']].map((ids) => () => send(ids)))
    underWay.push(send(['1', '2', '3', '4']))
    expect((await heldAt(2)).ids).toEqual(['1', '2', '3', '4'])
    expect((await next()).ids).toEqual(['a', 'b', 'c', 'd'])
    held[3]?.answer()
    expect((await heldAt(4)).ids).toEqual(['e', 'f', 'g', 'h'])
    for (const call of [held[2], held[4]]) call?.answer()
    expect((await Promise.all(answers)).map(({ value }) => value)).toEqual([
      accepted('a', 'b'),
      accepted('c', 'd'),
      accepted('e', 'f', 'g'),
      accepted('h'),
    ])
  })

  test('bytes, to the last one', async () => {
    const bytes = Buffer.byteLength(stringifyJson({ events: [event('ä'), event('b')] }))
    for (const [max_payload_bytes, groups] of [
      [bytes, [['ä', 'b']]],
      [bytes - 1, [['ä'], ['b']]],
    ] as const) {
      held = holdEvents(core, handshakeWith({ max_payload_bytes }))
      if (!underWay.length) await start()
      else await shakeHands()
      await occupy()
      const answers = await wait(
        () => send(['ä']),
        () => send(['b']),
      )
      const first = await next()
      first.answer()
      if (groups.length > 1) (await heldAt(3)).answer()
      await Promise.all(answers)
      expect(held.slice(2).map(({ ids }) => ids)).toEqual(groups)
      held[1]?.answer()
      await Promise.all(underWay)
    }
  })

  test('each event once: a second batch with it waits for the next call', async () => {
    await start()
    await occupy()
    const answers = await wait(
      () => send(['a', 'x']),
      () => send(['x']),
      () => send(['b']),
    )
    const first = await next()
    expect(first.ids).toEqual(['a', 'x'])
    first.answer()
    const second = await heldAt(3)
    expect(second.ids).toEqual(['x', 'b'])
    second.answer(
      reply(200, { results: [{ event_id: 'x', status: 'duplicate' }, ...accepted('b').results], failed: [] }),
    )
    expect((await Promise.all(answers)).map(({ value }) => value)).toEqual([
      accepted('a', 'x'),
      { results: [{ event_id: 'x', status: 'duplicate' }], failed: [] },
      accepted('b'),
    ])
  })
})

test('callers, their workspaces and session tokens never share a call', async () => {
  await start({ gate: { apiKeysFile: keys.path } })
  const callers: Record<string, string>[] = [
    bearer(KEYS.everything),
    bearer(KEYS.limited),
    { ...bearer(KEYS.everything), 'x-mcp-session-token': 'a' },
    { ...bearer(KEYS.everything), 'x-mcp-session-token': 'b' },
    { ...bearer(KEYS.limited), 'x-mcp-session-token': 'a' },
  ]
  await shake(callers[0])
  for (const caller of callers) await occupy(caller)
  const told = ({ headers }: HeldCall) =>
    ['x-achilles-client', 'x-achilles-workspaces', 'x-mcp-session-token'].map((name) => headers[name])
  const busy = held.slice()
  const answers = await wait(
    ...callers.flatMap((caller, index) => [`${index}-a`, `${index}-b`].map((id) => () => send([id], caller))),
  )
  for (const call of busy.filter((_, index) => index % 2 === 0)) call.answer()
  await expect.poll(() => held.length).toBe(15)
  for (const [index] of callers.entries()) {
    const group = held.slice(10).find(({ ids }) => ids[0] === `${index}-a`)
    expect(group?.ids).toEqual([`${index}-a`, `${index}-b`])
    expect(group && told(group)).toEqual(told(busy[2 * index] as HeldCall))
  }
  for (const call of held.slice(10)) call.answer()
  await Promise.all(answers)
})

const shake = (headers?: Record<string, string>) =>
  gateway.rest('POST', '/handshake', validInput(operationNamed('handshake')), headers)

describe('nothing is grouped', () => {
  const goesAlone = async () => {
    const seen = held.length
    const calls = Array.from({ length: 6 }, (_, index) => send([`alone-${index}`]))
    await expect.poll(() => held.length - seen).toBe(6)
    for (const call of held.slice(seen)) call.answer()
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(6).fill(200))
  }

  test('where it is switched off', async () => {
    await start({ link: { groupForwarding: false } })
    await goesAlone()
  })

  test('before Core has said its sizes', async () => {
    gateway = await startTestGateway(core, { link: LINK })
    await goesAlone()
  })

  test.each([
    { preferred_batch_size: 0 },
    { preferred_batch_size: 2.5 },
    { server_name: 5 },
    { max_payload_bytes: '9' },
  ])('after a handshake that is none: %j', async (lie) => {
    held = holdEvents(core, handshakeWith(lie))
    gateway = await startTestGateway(core, { link: LINK })
    expect((await shakeHands()).status).toBe(502)
    await goesAlone()
  })

  test('while the gateway is idle: a call is the same as without groups, to the byte', async () => {
    const headers = { 'x-request-id': 'r', 'idempotency-key': 'k', 'x-mcp-session-token': 't' }
    const seen: unknown[] = []
    for (const groupForwarding of [true, false]) {
      if (seen.length > 0) await gateway.close()
      await start({ link: { groupForwarding } })
      for (const id of ['a', 'b', 'c']) {
        const answer = send([id], headers)
        const call = await heldAt(0)
        call.answer(reply(200, `{ "results": [],\n"failed":[] ,"x":1.0}`))
        expect((await answer).text).toBe(`{ "results": [],\n"failed":[] ,"x":1.0}`)
        seen.push([call.method, call.url, call.headers, call.text])
        held.length = 0
      }
    }
    expect(seen.slice(0, 3)).toEqual(seen.slice(3))
  })
})

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
    gateway = await startTestGateway(core)
  })

  test('while the circuit is open nobody waits', async () => {
    await start()
    core.answer(reply(500, {}))
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
    ['no JSON', '<html>'],
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
    held = holdEvents(core)
    await shakeHands()
    underWay.push(...['e', 'f', 'g', 'h'].map((id) => send([id])))
    await expect.poll(() => held.length).toBe(4)
  })
})
