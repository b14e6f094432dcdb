import { EventType, SessionStatus, SnapshotType } from '@achilles/mcp-contract'
import { expect } from 'vitest'
import { OPERATIONS, operationNamed, validInput } from '../../../server/tests/support/operations.ts'

const SESSIONS = 12
const EVENTS_PER_SESSION = 500
const SNAPSHOTS = 200
const OTHERS = 100
const CONCURRENCY = 16

/** Sends one request to a gateway; status 0 if there is no response. */
export type Send = (
  path: string,
  init: { method: string; headers: Record<string, string>; body?: string },
) => Promise<{ status: number; text: string }>

/** A call of an operation. With a key it may be sent again. */
interface Call {
  operation: string
  input: Record<string, unknown>
  key?: string
}

interface Response {
  status: number
  body: Record<string, unknown>
}

/** What was written through a gateway, and what it responded. */
export interface History {
  /** Each with its response, which a later version must repeat. */
  reads: readonly (readonly [Call, Response])[]
  /** Writes with an idempotency key, and with what is unique without one. */
  writes: readonly (readonly [Call, Response])[]
  batches: readonly Call[]
}

export const sendTo =
  (url: string): Send =>
  async (path, init) => {
    const response = await fetch(url + path, init)
    return { status: response.status, text: await response.text() }
  }

/** Sends every operation of the contract that writes, many times with different inputs; then every one that reads. */
export async function writeHistory(send: Send): Promise<History> {
  const projects = range(4).map((n) => call('projects.resolve', { ...workspace(n), workspace_root: `/home/${n}` }))
  await callAll(send, projects)

  const creations = range(SESSIONS).map((n) => {
    const external_session_key = ID_FORMS[n % ID_FORMS.length] + String(n)
    return call('sessions.create', { ...workspace(n % 4), external_session_key, user_id: `user-${n % 3}` })
  })
  const sessionIds = (await callAll(send, creations)).map(([, { body }]) => String(body.session_id))

  const batches = sessionIds.map((session_id, n) =>
    call('signals.ingestBatch', { events: newEvents(session_id, String(n)) }),
  )
  for (const [{ input }, { body }] of await callAll(send, batches)) {
    expect(body.results).toEqual(statusOfEach(input, 'accepted'))
  }

  const onSession = (n: number) => ({ session_id: sessionIds[n % SESSIONS] })
  const keyed = [
    ...range(SNAPSHOTS).map((n) =>
      call(
        'state.snapshot',
        { ...onSession(n), ...pick('snapshot_type', SnapshotType.options, n), payload: { n } },
        's',
      ),
    ),
    ...range(OTHERS).map((n) => call('agents.recordPerformance', { ...onSession(n), tasks_completed: n }, 'a')),
    ...range(OTHERS).map((n) => {
      const { session_id } = onSession(n)
      const [error_event_id, ...candidate_event_ids] = [17, 16, 15].map((event) => eventId(event, String(n % SESSIONS)))
      return call('errors.correlate', { session_id, error_event_id, candidate_event_ids }, 'e')
    }),
  ].map((keyed, n) => ({ ...keyed, key: `${keyed.key}-${n}` }))
  const written = await callAll(send, keyed)

  // The last of the five stay active, as they were created.
  const updates = sessionIds.slice(5).map((session_id, n) => {
    const status = pick('status', SessionStatus.options, n)
    return call('sessions.update', {
      session_id,
      ...status,
      end_time: status.status === 'active' ? undefined : '2026-03-02T19:00:00Z',
    })
  })
  await callAll(send, updates)

  const reads = await callAll(send, [
    ...projects.map(({ input }) => call('projects.resolve', { ...input, create_if_missing: false })),
    ...creations.map(({ input: { external_session_key, workspace_id } }) =>
      call('sessions.resolve', { external_session_key, workspace_id, user_id: undefined }),
    ),
    ...creations,
    ...sessionIds.map((session_id) => call('signals.insights', { session_id, limit: 200 })),
  ])
  expect(
    reads.some(([{ operation }, { body }]) => operation === 'signals.insights' && Object.keys(body).length > 0),
  ).toBe(true)
  expect(callsOf(projects, creations, batches, keyed, updates, reads)).toEqual(
    OPERATIONS.map(({ operation }) => operation)
      .filter((name) => !['coreHealth', 'handshake', 'signals.ingest'].includes(name))
      .sort(),
  )
  return { reads, writes: written, batches }
}

/** Every read responds as it did, but for added fields. Insights are the same ones, whenever they were created. */
export async function expectReads(send: Send, { reads }: History): Promise<void> {
  const now = await callAll(
    send,
    reads.map(([call]) => call),
  )
  expect(now.map(comparable)).toMatchObject(reads.map(comparable))
}

/**
 * Without the time and the order of insights: this version sets `created_at` when it finds an insight, which for stored
 * events is after the upgrade (docs/decisions/073-incremental-insights.md). The former one used the time of an event.
 */
function comparable([{ operation }, { status, body }]: readonly [Call, Response]): Response {
  if (operation !== 'signals.insights') return { status, body }
  const insights: [string, unknown][] = Object.values(body).map((insight) => {
    const { insight_id, created_at, ...rest } = Object(insight)
    expect(created_at).toEqual(expect.any(String))
    return [String(insight_id), rest]
  })
  return { status, body: Object.fromEntries(insights) }
}

/** Whatever is sent again is known: events are duplicates, other writes get their first response. */
export async function expectRepeatable(send: Send, { writes, batches }: History): Promise<void> {
  const repeated = await callAll(
    send,
    writes.map(([call]) => call),
  )
  expect(repeated.map(([, response]) => response)).toMatchObject(writes.map(([, response]) => response))
  for (const [{ input }, { body }] of await callAll(send, batches)) {
    expect(body.results).toEqual(statusOfEach(input, 'duplicate'))
  }
}

/** A new session takes new events and everything else, and so do the sessions of before. */
export async function expectWritable(send: Send, { batches, writes }: History, name: string): Promise<void> {
  const created = call('sessions.create', { external_session_key: name })
  const [[, { body }] = expect.fail()] = await callAll(send, [created])
  const events = newEvents(String(body.session_id), name)
  const more = batches.map(({ input }, n) => ({ ...(input.events as object[])[0], event_id: `${name}-${n}` }))
  const batch = call('signals.ingestBatch', { events: [...events, ...more] })
  const [[, stored] = expect.fail()] = await callAll(send, [batch])
  expect(stored.body.results).toEqual(statusOfEach(batch.input, 'accepted'))
  const others = new Map(writes.map(([call]) => [call.operation, { ...call, key: name }]))
  const known = new Set(writes.map(([, { body }]) => Object.values(body)[0]))
  for (const [, { body }] of await callAll(send, [...others.values()])) {
    expect(known).not.toContain(Object.values(body)[0])
  }
}

/** Sends a call. */
export async function respond(send: Send, { operation, input, key }: Call): Promise<Response> {
  const { method, path } = operationNamed(operation)
  const { session_id, ...rest } = input
  const inPath = path.includes('{session_id}')
  const { status, text } = await send(`/api/achilles/v1/mcp${path.replace('{session_id}', String(session_id))}`, {
    method,
    headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
    body: JSON.stringify(inPath ? rest : input),
  })
  return { status, body: text === '' ? {} : JSON.parse(text) }
}

async function callAll(send: Send, calls: readonly Call[]): Promise<(readonly [Call, Response])[]> {
  const responses: (readonly [Call, Response])[] = []
  const entries = calls.entries()
  const work = async () => {
    for (const [index, call] of entries) {
      const response = await respond(send, call)
      expect(response, JSON.stringify([call.operation, call.key])).toMatchObject({ status: 200 })
      responses[index] = [call, response]
    }
  }
  await Promise.all(range(CONCURRENCY).map(work))
  return responses
}

/** A call with the contract's own example, changed by `changes`. */
export const call = (operation: string, changes: Record<string, unknown>, key?: string): Call => ({
  operation,
  input: { ...validInput(operationNamed(operation)), ...changes },
  ...(key !== undefined && { key }),
})

// Some are stored in a form of their own.
const ID_FORMS = ['key-', '"quoted-', '\ud83d-', 'π-']

const eventId = (index: number, session: string) => `${ID_FORMS[index % ID_FORMS.length]}${session}-${index}`

/** Of all types, one a second. */
function newEvents(session_id: string, session: string): Record<string, unknown>[] {
  const [example] = validInput(operationNamed('signals.ingestBatch')).events as [object]
  return range(EVENTS_PER_SESSION).map((index) => ({
    ...example,
    session_id,
    event_id: eventId(index, session),
    ...pick('event_type', EventType.options, index),
    timestamp: new Date(Date.parse('2026-03-02T09:00:00Z') + index * 1000).toISOString(),
    payload: { text: 'x'.repeat(index), status: index % 2 === 0 ? 'failed' : 'passed' },
    metadata_: { index },
  }))
}

const workspace = (n: number) => ({ workspace_id: `ws-${n}` })

const pick = <Name extends string, Value>(name: Name, values: readonly Value[], n: number) =>
  ({ [name]: values[n % values.length] }) as Record<Name, Value>

const statusOfEach = (input: Record<string, unknown>, status: string) =>
  (input.events as { event_id: string }[]).map(({ event_id }) => ({ event_id, status }))

const callsOf = (...calls: readonly (readonly (Call | readonly [Call, Response])[])[]): string[] =>
  [...new Set(calls.flat().map((one) => ('operation' in one ? one.operation : one[0].operation)))].sort()

const range = (length: number) => Array.from({ length }, (_, index) => index)
