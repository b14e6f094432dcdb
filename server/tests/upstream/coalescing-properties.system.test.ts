import { createHash } from 'node:crypto'
import { ExactNumber, parseJson, stringifyJson } from '@achilles/mcp-contract'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { handshakeWith } from '../support/event-core.ts'
import { bearer, KEYS, writeKeysFile } from '../support/keys-file.ts'
import { operationNamed, validInput } from '../support/operations.ts'
import { reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const SIZES = { preferred_batch_size: 20, max_payload_bytes: 8_000 }
const ROUNDS = 60
const seed = Number(process.env.FAST_CHECK_SEED ?? 20260302)

/** What Core does with an event; `poison` makes it reject the whole batch. */
const FATES = ['accepted', 'duplicate', 'failed', 'forgotten', 'poison'] as const
type Fate = (typeof FATES)[number]

interface Event {
  event_id: string
  payload: { fate: Fate; n: unknown; text: string }
}

/** A batch that one caller sends concurrently with others. */
interface Sending {
  events: { id: number; fate: Fate; n: unknown; text: string }[]
  caller: keyof typeof KEYS
  token: string | undefined
  surface: 'rest' | 'native' | 'mcp'
  /** Sends only the first event, with `signals.ingest`. */
  single: boolean
}

const sending: fc.Arbitrary<Sending> = fc.record({
  events: fc.uniqueArray(
    fc.record({
      // Few ids, so that several callers send the same event concurrently.
      id: fc.nat(60),
      fate: fc.constantFrom<Fate>('accepted', 'accepted', 'accepted', ...FATES.filter((fate) => fate !== 'poison')),
      n: fc.constantFrom(0, 1.5, 12345678901234567890n, new ExactNumber('0.12345678901234567890123')),
      text: fc.constantFrom('', 'ä\u2028"\\', ']},{"event_id":"forged"}', 'x'.repeat(700)),
    }),
    { minLength: 1, maxLength: 8, selector: ({ id }) => id },
  ),
  caller: fc.constantFrom('everything', 'everything', 'limited'),
  token: fc.constantFrom(undefined, 'a'),
  surface: fc.constantFrom('rest', 'native', 'mcp'),
  single: fc.constantFrom(false, false, true),
})
const together = fc.tuple(fc.array(sending, { minLength: 8, maxLength: 30 }), fc.nat(2))

const toEvent = ({ id, fate, n, text }: Sending['events'][number], round: number): Event => ({
  event_id: `${round}-${id}`,
  ...{ event_type: 'error', source_type: 'ide', session_id: 's', timestamp: '2026-03-02T09:00:00Z' },
  payload: { fate, n, text },
})

/** Core's own order, which does not depend on the other events of the batch. */
const shuffled = (events: Event[]) => {
  const rank = ({ event_id }: Event) => createHash('md5').update(event_id).digest('hex')
  return events.toSorted((a, b) => rank(a).localeCompare(rank(b)))
}

function respondTo(events: Event[]) {
  const withFate = (...fates: Fate[]) => shuffled(events).filter(({ payload }) => fates.includes(payload.fate))
  return {
    results: withFate('accepted', 'duplicate').map(({ event_id, payload: { fate, n } }) => ({
      event_id,
      status: fate,
      n,
    })),
    failed: withFate('failed').map(({ event_id, payload: { n } }) => ({
      event_id,
      error: `no ${event_id}`,
      more: [n],
    })),
  }
}

describe.each([true, false])('group forwarding: %s', (groupForwarding) => {
  let core: ScriptedCore
  let gateway: TestGateway
  let keys: Awaited<ReturnType<typeof writeKeysFile>>
  let calls = 0
  /** Every event that Core accepted, with the caller and the token of its call. */
  const kept = new Map<string, Set<string>>()

  beforeAll(async () => {
    core = await startScriptedCore()
    keys = await writeKeysFile(['ws-1'])
    core.answer(({ url, headers, text }, response, attempt) => {
      core.seen.length = 0
      const request = { url, headers, text, method: 'POST', at: 0 }
      if (url !== '/signals/events/batch') return handshakeWith(SIZES)(request, response, attempt)
      const { events } = parseJson(text) as { events: Event[] }
      calls++
      const ids = events.map(({ event_id }) => event_id)
      const isSound =
        new Set(ids).size === ids.length &&
        events.length <= SIZES.preferred_batch_size &&
        (events.length <= 8 || Buffer.byteLength(text) <= SIZES.max_payload_bytes)
      const isRejected = events.some(({ payload }) => payload.fate === 'poison')
      if (isSound && !isRejected) for (const event of events) keep(event, headers)
      const script = !isSound
        ? reply(599, {})
        : isRejected
          ? reply(422, { detail: 'poisoned' })
          : reply(200, stringifyJson(respondTo(events)))
      setTimeout(() => script(request, response, attempt), 3)
    })
    gateway = await startTestGateway(core, {
      auth: { apiKeysFile: keys.path },
      upstream: { groupForwarding, maxRetries: 0 },
    })
    const handshake = validInput(operationNamed('handshake'))
    expect((await gateway.rest('POST', '/handshake', handshake, bearer(KEYS.everything))).status).toBe(200)
  })

  afterAll(async () => {
    await gateway.close()
    await core.close()
    await keys.remove()
  })

  const label = (client: unknown, token: unknown) => `${client} ${token}`

  function keep(event: Event, headers: Record<string, unknown>): void {
    const text = `${label(headers['x-achilles-client'], headers['x-mcp-session-token'])} ${stringifyJson(event)}`
    const known = kept.get(event.event_id) ?? new Set()
    kept.set(event.event_id, known.add(text))
  }

  async function send({ caller, token, surface, single, ...sent }: Sending, round: number) {
    const all = sent.events.map((event) => toEvent(event, round))
    const events = single ? all.slice(0, 1) : all
    const operation = single ? 'signals.ingest' : 'signals.ingestBatch'
    const input = single ? events[0] : { events }
    const headers = { ...bearer(KEYS[caller]), ...(token !== undefined && { 'x-mcp-session-token': token }) }
    const answer =
      surface === 'rest'
        ? await gateway.rest('POST', operationNamed(operation).path, input, headers)
        : surface === 'mcp'
          ? await gateway.mcp(operation, input, headers)
          : await gateway.native(operation, ...toSuperjson(input), headers)
    const sentEvents = surface === 'native' ? events.map(withoutDecimals) : events
    return { answer, events: sentEvents, surface, sender: label(caller, token) }
  }

  test('every caller gets the same response as unmerged, and every event arrives as it was sent', async () => {
    process.stdout.write(`coalescing properties: FAST_CHECK_SEED=${seed}\n`)
    let sent = 0
    for (const [round, [sendings, poisonings]] of fc.sample(together, { seed, numRuns: ROUNDS }).entries()) {
      for (const { events } of sendings.slice(0, poisonings)) for (const event of events) event.fate = 'poison'
      const outcomes = await Promise.all(sendings.map((one) => send(one, round)))
      sent += outcomes.length
      for (const { answer, events, surface, sender } of outcomes) {
        if (events.some(({ payload }) => payload.fate === 'poison')) {
          expect(answer.problem).toMatchObject({ status: 422, upstream: { status: 422, detail: 'poisoned' } })
          continue
        }
        expect(answer.status, answer.text).toBe(200)
        const expected = parseJson(stringifyJson(respondTo(events)))
        expect(surface === 'native' ? stringifyBigints(answer.value) : answer.value).toEqual(
          surface === 'native' ? stringifyBigints(expected) : expected,
        )
        for (const event of events) expect(kept.get(event.event_id)).toContain(`${sender} ${stringifyJson(event)}`)
      }
    }
    const merged = gateway.requests.filter((line) => 'core_request_id' in line).length
    process.stdout.write(`coalescing properties: ${sent} batches in ${calls} calls, ${merged} merged into another\n`)
    if (groupForwarding) expect(merged).toBeGreaterThan(sent / 10)
    else expect(merged + calls - sent).toBe(0)
    expect(gateway.log.join('')).not.toContain('cannot be split')
  })
})

/** Encodes an input for superjson: a `bigint` as text with an entry in the meta, a long decimal as a double. */
function toSuperjson(input: unknown): [value: unknown, meta: unknown] {
  const values: Record<string, string[]> = {}
  const encode = (value: unknown, path: string[]): unknown => {
    if (typeof value === 'bigint') values[path.join('.')] = ['bigint']
    if (typeof value === 'bigint') return String(value)
    if (value instanceof ExactNumber) return Number(value.text)
    if (Array.isArray(value)) return value.map((item, index) => encode(item, [...path, String(index)]))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encode(item, [...path, key])]))
  }
  const encoded = encode(input, [])
  return [encoded, { values, v: 1 }]
}

const withoutDecimals = (event: Event): Event => {
  const { n } = event.payload
  return { ...event, payload: { ...event.payload, n: n instanceof ExactNumber ? Number(n.text) : n } }
}

/** The value with every `bigint` as text, which is how superjson encodes it. */
const stringifyBigints = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, leaf) => (typeof leaf === 'bigint' ? String(leaf) : leaf)))
