import { parseJson, stringifyJson } from '@achilles/mcp-contract'
import { describe, expect } from 'vitest'
import { type HeldCall, handshakeWith } from '../support/event-core.ts'
import { accepted, BATCH, batchOf, event, type Holding, test } from '../support/holding-core.ts'
import { bearer, KEYS, writeKeysFile } from '../support/keys-file.ts'
import { reply } from '../support/scripted-core.ts'
import type { Answer } from '../support/test-gateway.ts'

describe('while calls are in flight', () => {
  test('batches of every surface are merged, and each caller gets its own results', async ({ holding }) => {
    await holding.start()
    await holding.occupy()
    const answers = await holding.wait(
      () => holding.gateway.rest('POST', BATCH, batchOf('r-1', 'r-2')),
      () => holding.gateway.native('signals.ingestBatch', batchOf('n-1', 'n-2')),
      () => holding.gateway.mcp('signals.ingestBatch', batchOf('m-1', 'm-2')),
      () => holding.gateway.rest('POST', '/signals/events', event('one')),
    )
    const call = await holding.next()
    expect(call.text).toBe(stringifyJson(batchOf('r-1', 'r-2', 'n-1', 'n-2', 'm-1', 'm-2', 'one')))
    const taken = (event_id: string, more = '') => `{"event_id":"${event_id}","status":"accepted"${more}}`
    const rejected = (event_id: string) => `{"event_id":"${event_id}","error":"no","code":"X","hint":{"a":[1]}}`
    const long = ',"shard":12345678901234567890,"f":0.12345678901234567890123,"big":1e400'
    call.answer(
      reply(
        200,
        `{ "failed":[${rejected('n-2')},${rejected('r-1')}], "results":[${taken('m-2', long)},${taken('one')},${taken('n-1', long)},${taken('r-2', long)},${taken('m-1')}] }`,
      ),
    )
    const [rest, native, mcp, one] = await Promise.all(answers)
    expect(rest?.text).toBe(`{"results":[${taken('r-2', long)}],"failed":[${rejected('r-1')}]}`)
    expect(native?.value).toMatchObject({ results: [{ event_id: 'n-1' }], failed: [JSON.parse(rejected('n-2'))] })
    expect(mcp?.value).toEqual(parseJson(`{"results":[${taken('m-2', long)},${taken('m-1')}],"failed":[]}`))
    expect(one?.value).toEqual(accepted('one'))
    expect(await holding.waiting()).toBe(0)
  })

  test('batches are merged however their callers formatted them', async ({ holding }) => {
    await holding.start()
    await holding.occupy()
    const encode = (id: string, more: string) => stringifyJson(event(id)).replace('}', more)
    const post = (body: string) => () => holding.gateway.rest('POST', BATCH, body)
    const [plain, twice] = [encode('plain', ',"duration_ms":1.0}'), encode('twice', ',"user_id":"b"}')]
    const answers = await holding.wait(
      post(`{"events":[${plain}]}`),
      post(` { "events": [${encode('blanks', '}')} ] }`),
      post(`{"events":[${twice.replace('"user_id"', '"user_id":"a","user_id"')}]}`),
    )
    const call = await holding.next()
    expect(call.text).toBe(`{"events":[${plain},${stringifyJson(event('blanks'))},${twice}]}`)
    call.answer()
    for (const [index, id] of ['plain', 'blanks', 'twice'].entries()) {
      expect((await answers[index])?.value).toEqual(accepted(id))
    }
  })

  test('native callers get long numbers as in an unmerged response', async ({ holding }) => {
    await holding.start()
    const respond = async (held: HeldCall, answer: Promise<Answer>) => {
      const entries = held.ids.map(
        (id) => `{"event_id":"${id}","status":"accepted","n":[12345678901234567890,0.12345678901234567890123,1.50,-7]}`,
      )
      held.answer(reply(200, `{"results":[${entries}],"failed":[]}`))
      return (await answer).text
    }
    const native = () => holding.gateway.native('signals.ingestBatch', batchOf('e'))
    const first = native()
    const unmerged = await respond(await holding.heldAt(0), first)
    await holding.occupy()
    const [answer, other] = await holding.wait(native, () => holding.send(['f']))
    expect(await respond(await holding.next(), answer as Promise<Answer>)).toBe(unmerged)
    await other
  })

  test('the merged call has a new idempotency key and the other headers of its first caller', async ({ holding }) => {
    await holding.start()
    await holding.occupy()
    const toHeaders = (name: string) => ({
      'x-request-id': name,
      'idempotency-key': `key-${name}`,
      tracestate: `t=${name}`,
    })
    const answers = await holding.wait(...['a', 'b', 'c'].map((name) => () => holding.send([name], toHeaders(name))))
    const call = await holding.next()
    expect(call.headers).toMatchObject({ 'x-request-id': 'a', tracestate: 't=a', 'x-achilles-client': 'anonymous' })
    expect(call.headers['idempotency-key']).toMatch(/^[\da-f-]{36}$/)
    call.answer()
    for (const [index, answer] of (await Promise.all(answers)).entries())
      expect(answer.headers.get('x-request-id')).toBe('abc'[index])
  })

  test('a waiting batch without others is sent as without coalescing', async ({ holding }) => {
    await holding.start()
    await holding.occupy()
    const [answer] = await holding.wait(() => holding.send(['a'], { 'x-request-id': 'a', 'idempotency-key': 'key-a' }))
    const unmerged = await holding.next()
    expect(unmerged.headers).toMatchObject({ 'x-request-id': 'a', 'idempotency-key': 'key-a' })
    unmerged.answer(reply(200, '{"results":[],"failed":[],"more":1}'))
    expect((await answer)?.text).toBe('{"results":[],"failed":[],"more":1}')
  })

  test('an event that is missing in Core’s response is missing in its caller’s response', async ({ holding }) => {
    await holding.start()
    await holding.occupy()
    const answers = await holding.wait(
      () => holding.send(['a', 'b']),
      () => holding.send(['c']),
    )
    ;(await holding.next()).answer(reply(200, accepted('b')))
    expect((await Promise.all(answers)).map(({ value }) => value)).toEqual([accepted('b'), accepted()])
    for (const call of holding.held) call.answer()
    await Promise.all(holding.inFlight)
    await holding.occupy()
    holding.inFlight.push(...(await holding.wait(() => holding.send(['still-merged']))))
  })

  test('waiting batches are sent after the longest wait, even if Core is slow', async ({ holding }) => {
    await holding.start({ upstream: { longestWaitMs: 50 } })
    await holding.occupy()
    const answers = [holding.send(['a']), holding.send(['b']), holding.send(['c'])]
    await expect
      .poll(() =>
        holding.held
          .slice(2)
          .flatMap(({ ids }) => ids)
          .sort(),
      )
      .toEqual(['a', 'b', 'c'])
    for (const call of holding.held.slice(2)) call.answer()
    await Promise.all(answers)
    expect(holding.held.slice(0, 2).map(({ abandoned }) => abandoned)).toEqual([false, false])
  })

  test('no more than CORE_MAX_QUEUED batches wait; the others are sent unmerged', async ({ holding }) => {
    await holding.start({ upstream: { maxQueued: 2 } })
    await holding.occupy()
    holding.inFlight.push(...(await holding.wait(...['a', 'b'].map((id) => () => holding.send([id])))))
    holding.inFlight.push(holding.send(['c']))
    expect((await holding.heldAt(2)).ids).toEqual(['c'])
    expect((await holding.next()).ids).toEqual(['a', 'b'])
    for (const call of holding.held.slice(2)) call.answer()
  })
})

describe('a merged batch has no more than Core accepts', () => {
  test('events', async ({ holding }) => {
    holding.hold(handshakeWith({ preferred_batch_size: 4 }))
    await holding.start()
    await holding.occupy()
    const answers = await holding.wait(
      ...[['a', 'b'], ['c', 'd'], ['e', 'f', 'g'], ['h']].map((ids) => () => holding.send(ids)),
    )
    holding.inFlight.push(holding.send(['1', '2', '3', '4']))
    expect((await holding.heldAt(2)).ids).toEqual(['1', '2', '3', '4'])
    expect((await holding.next()).ids).toEqual(['a', 'b', 'c', 'd'])
    holding.held[3]?.answer()
    expect((await holding.heldAt(4)).ids).toEqual(['e', 'f', 'g', 'h'])
    for (const call of [holding.held[2], holding.held[4]]) call?.answer()
    expect((await Promise.all(answers)).map(({ value }) => value)).toEqual([
      accepted('a', 'b'),
      accepted('c', 'd'),
      accepted('e', 'f', 'g'),
      accepted('h'),
    ])
  })

  test('bytes, to the exact byte', async ({ holding }) => {
    const bytes = Buffer.byteLength(stringifyJson({ events: [event('ä'), event('b')] }))
    for (const [max_payload_bytes, expected] of [
      [bytes, [['ä', 'b']]],
      [bytes - 1, [['ä'], ['b']]],
    ] as const) {
      holding.hold(handshakeWith({ max_payload_bytes }))
      if (!holding.inFlight.length) await holding.start()
      else await holding.shakeHands()
      await holding.occupy()
      const answers = await holding.wait(
        () => holding.send(['ä']),
        () => holding.send(['b']),
      )
      const first = await holding.next()
      first.answer()
      if (expected.length > 1) (await holding.heldAt(3)).answer()
      await Promise.all(answers)
      expect(holding.held.slice(2).map(({ ids }) => ids)).toEqual(expected)
      holding.held[1]?.answer()
      await Promise.all(holding.inFlight)
    }
  })

  test('each event once: a second batch with the same event waits for the next call', async ({ holding }) => {
    await holding.start()
    await holding.occupy()
    const answers = await holding.wait(
      () => holding.send(['a', 'x']),
      () => holding.send(['x']),
      () => holding.send(['b']),
    )
    const first = await holding.next()
    expect(first.ids).toEqual(['a', 'x'])
    first.answer()
    const second = await holding.heldAt(3)
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

test('batches of different callers, workspaces or session tokens are never merged', async ({ holding }) => {
  const keys = await writeKeysFile(['ws-1'])
  await holding.start({ auth: { apiKeysFile: keys.path } }, bearer(KEYS.everything))
  const callers: Record<string, string>[] = [
    bearer(KEYS.everything),
    bearer(KEYS.limited),
    { ...bearer(KEYS.everything), 'x-mcp-session-token': 'a' },
    { ...bearer(KEYS.everything), 'x-mcp-session-token': 'b' },
    { ...bearer(KEYS.limited), 'x-mcp-session-token': 'a' },
  ]
  for (const caller of callers) await holding.occupy(caller)
  const getIdentity = ({ headers }: HeldCall) =>
    ['x-achilles-client', 'x-achilles-workspaces', 'x-mcp-session-token'].map((name) => headers[name])
  const busy = holding.held.slice()
  const answers = await holding.wait(
    ...callers.flatMap((caller, index) => [`${index}-a`, `${index}-b`].map((id) => () => holding.send([id], caller))),
  )
  for (const call of busy.filter((_, index) => index % 2 === 0)) call.answer()
  await expect.poll(() => holding.held.length).toBe(15)
  for (const [index] of callers.entries()) {
    const call = holding.held.slice(10).find(({ ids }) => ids[0] === `${index}-a`)
    expect(call?.ids).toEqual([`${index}-a`, `${index}-b`])
    expect(call && getIdentity(call)).toEqual(getIdentity(busy[2 * index] as HeldCall))
  }
  for (const call of holding.held.slice(10)) call.answer()
  await Promise.all(answers)
  await keys.remove()
})

describe('nothing is merged', () => {
  const expectUnmerged = async (holding: Holding) => {
    const seen = holding.held.length
    const calls = Array.from({ length: 6 }, (_, index) => holding.send([`unmerged-${index}`]))
    await expect.poll(() => holding.held.length - seen).toBe(6)
    for (const call of holding.held.slice(seen)) call.answer()
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(6).fill(200))
  }

  test('if group forwarding is off', async ({ holding }) => {
    await holding.start({ upstream: { groupForwarding: false } })
    await expectUnmerged(holding)
  })

  test('before the first handshake', async ({ holding }) => {
    await holding.open()
    await expectUnmerged(holding)
  })

  test.for([
    { preferred_batch_size: 0 },
    { preferred_batch_size: 2.5 },
    { server_name: 5 },
    { max_payload_bytes: '9' },
  ])('after an invalid handshake: %j', async (invalid, { holding }) => {
    holding.hold(handshakeWith(invalid))
    await holding.open()
    expect((await holding.shakeHands()).status).toBe(502)
    await expectUnmerged(holding)
  })

  test('while the gateway is idle: a call has the same bytes as without group forwarding', async ({ holding }) => {
    const headers = { 'x-request-id': 'r', 'idempotency-key': 'k', 'x-mcp-session-token': 't' }
    const seen: unknown[] = []
    for (const groupForwarding of [true, false]) {
      if (seen.length > 0) await holding.gateway.close()
      await holding.start({ upstream: { groupForwarding } })
      for (const id of ['a', 'b', 'c']) {
        const answer = holding.send([id], headers)
        const call = await holding.heldAt(0)
        call.answer(reply(200, `{ "results": [],\n"failed":[] ,"x":1.0}`))
        expect((await answer).text).toBe(`{ "results": [],\n"failed":[] ,"x":1.0}`)
        seen.push([call.method, call.url, call.headers, call.text])
        holding.held.length = 0
      }
    }
    expect(seen.slice(0, 3)).toEqual(seen.slice(3))
  })
})
