import { readFileSync } from 'node:fs'
import type { AgentEvent, AgentReport } from '@achilles/agent-sources'
import { findSource } from '@achilles/agent-sources'
import type { CompleteEvent } from '@achilles/mcp-contract'
import { describe, expect } from 'vitest'
import { readFixtures } from '../../../sources/tests/read-fixtures.ts'
import { LOGS_REQUEST, type Message, TRACES_REQUEST } from '../../src/surfaces/otlp/protobuf-messages.ts'
import { encodeProtobuf } from '../support/encode-protobuf.ts'
import { exportOtlp } from '../support/otlp-requests.ts'
import { test } from '../support/scripted-gateway.ts'
import { storeSessions } from '../support/session-core.ts'

const WHERE = { 'x-achilles-workspace': 'ws-1', 'x-achilles-user': 'ada' }

const fixtures = readFixtures().filter(({ logs, spans }) => logs.length + spans.length > 0)

/** The bodies that the agent sent, with their paths. */
function bodiesOf(name: string): [path: string, body: object, message: Message][] {
  const file = new URL(`../../../sources/tests/fixtures/${name}.json`, import.meta.url)
  const { logs, traces } = JSON.parse(readFileSync(file, 'utf8')) as { logs?: object; traces?: object }
  const bodies: [string, object | undefined, Message][] = [
    ['/v1/logs', logs, LOGS_REQUEST],
    ['/v1/traces', traces, TRACES_REQUEST],
  ]
  return bodies.flatMap(([path, body, message]) => (body ? [[path, body, message]] : []))
}

describe.each(fixtures)('what $name exports', ({ name, logs, spans }) => {
  const source = findSource(name)
  const reports = [...logs.map((log) => source?.readLogRecord?.(log)), ...spans.map((span) => source?.readSpan?.(span))]
  const expected = uniqueEvents(reports.filter((report): report is AgentReport => report !== undefined))

  test.for(['JSON', 'protobuf'])('is stored as its source reads it, from %s', async (encoding, { core, gateway }) => {
    const stored = storeSessions(core)
    for (const [path, body, message] of bodiesOf(name)) {
      const encoded = encoding === 'JSON' ? body : encodeProtobuf(body, message)
      expect(await exportOtlp(gateway.url + path, encoded, WHERE)).toMatchObject({
        status: 200,
        partialSuccess: undefined,
      })
    }
    const withoutSession = stored.events.map(({ session_id: _, ...event }) => event)
    expect(byId(withoutSession)).toEqual(byId(expected))
  })

  test('lacks what its hooks own, if they are connected too', async ({ core, gateway }) => {
    const stored = storeSessions(core)
    for (const [path, body] of bodiesOf(name)) {
      await exportOtlp(gateway.url + path, body, { ...WHERE, 'x-achilles-hooks': 'true' })
    }
    const fates = new Map<string, string>(Object.entries(source?.besideHooks ?? {}))
    const kept = expected.filter(({ event_type }) => fates.get(event_type) !== 'drop')
    expect(stored.events.map(({ event_id }) => event_id).sort()).toEqual(kept.map(({ event_id }) => event_id).sort())
    for (const { event_type } of stored.events) expect(fates.get(event_type)).toBeUndefined()
  })
})

function uniqueEvents(reports: readonly AgentReport[]): Omit<AgentEvent, 'content'>[] {
  const events = new Map<string, Omit<AgentEvent, 'content'>>()
  for (const { events: reported } of reports) {
    for (const { content: _, ...event } of reported) if (!events.has(event.event_id)) events.set(event.event_id, event)
  }
  return [...events.values()]
}

const byId = (events: readonly Omit<CompleteEvent, 'session_id'>[]) =>
  events.toSorted((a, b) => (a.event_id < b.event_id ? -1 : 1))
