import { MCPEvent } from '@achilles/mcp-contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LINEAR_BELOW, timeGrowth } from '../../server/tests/support/time-growth.ts'
import type { AgentReport, AttributeValue, LogRecord, Span } from '../src/agent-source.ts'
import { sources } from '../src/index.ts'
import { readFixtures } from './read-fixtures.ts'

const RECEIVED_AT = '2026-03-02T09:04:11.250Z'
const fixtures = readFixtures()

const leaf = fc.oneof(
  fc.constantFrom<AttributeValue[]>(
    null,
    true,
    false,
    0,
    -1,
    1e308,
    2 ** 53,
    12345678901234567890n,
    '',
    'true',
    '0.5',
    '-1',
  ),
  fc.constantFrom(
    '\u0000',
    '\ud800',
    'x'.repeat(300),
    `${'\ud83d'}${'y'.repeat(5000)}`,
    '2026-13-45T99:99:99Z',
    '1e400',
  ),
  fc.string({ unit: 'binary' }),
  fc.double(),
)
const awkwardKey = fc.constantFrom('__proto__', 'constructor', 'toString', 'toJSON', 'length', '')
const json: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(awkwardKey, fc.string({ maxLength: 6 })), tie('value'), { maxKeys: 4 }),
  ),
})).value

/** Values of fixtures, of which some are replaced by anything. */
const mutated = <Value extends object>(values: readonly Value[]): fc.Arbitrary<Value> =>
  fc
    .tuple(fc.constantFrom(...values), fc.array(fc.tuple(fc.nat(), json), { maxLength: 6 }))
    .map(([value, changes]) => replace(value, changes))

function replace<Value extends object>(value: Value, changes: readonly [number, AttributeValue][]): Value {
  const copy = structuredClone(value)
  const places = listPlaces(copy)
  for (const [which, replacement] of changes) {
    const place = places[which % places.length]
    if (place) place.parent[place.key] = replacement
  }
  return copy
}

function listPlaces(value: object): { parent: Record<string, unknown>; key: string }[] {
  const parent = value as Record<string, unknown>
  return Object.entries(parent).flatMap(([key, child]) => [
    { parent, key },
    ...(typeof child === 'object' && child !== null ? listPlaces(child) : []),
  ])
}

function expectValid(report: AgentReport | undefined): void {
  if (!report) return
  const { key, cwd, userId } = report.session
  expect(key).toMatch(/^[^\p{Cc}]{1,256}$/u)
  expect(userId ?? 'x').toMatch(/^[^\p{Cc}]{1,256}$/u)
  expect(cwd ?? 'x').not.toBe('')
  for (const { content, ...event } of report.events) {
    const complete = { ...event, session_id: 'ses_1' }
    expect(MCPEvent.parse(complete)).toEqual(complete)
    const withContent = { ...complete, payload: { ...event.payload, ...content } }
    expect(MCPEvent.parse(withContent)).toEqual(withContent)
    expect(JSON.stringify(complete, toText).length).toBeLessThan(64 * 1024)
  }
}

const toText = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)

describe.each(sources)('$name', (source) => {
  const { hooks, logs, spans } = fixtures.filter(({ name }) => name === source.name)[0] ?? {
    hooks: [],
    logs: [],
    spans: [],
  }
  const options = { numRuns: 2000 }

  test.runIf(source.readHook)('makes valid events, or none, of anything that a hook may get', () => {
    const named = fc.record({ hook_event_name: fc.constantFrom(...(source.hooks ?? [])) }, { requiredKeys: [] })
    const input = fc.oneof(mutated(hooks), fc.dictionary(fc.string(), json), named)
    fc.assert(
      fc.property(input, (value) => expectValid(source.readHook?.(value as never, { receivedAt: RECEIVED_AT }))),
      options,
    )
  })

  test.runIf(source.readLogRecord)('makes valid events, or none, of any log record', () => {
    fc.assert(
      fc.property(telemetry(logs, json), (record) => expectValid(source.readLogRecord?.(record))),
      options,
    )
  })

  test.runIf(source.readSpan)('makes valid events, or none, of any span', () => {
    fc.assert(
      fc.property(telemetry(spans, json), (span) => expectValid(source.readSpan?.(span))),
      options,
    )
  })

  test.runIf(source.readHook)('survives nesting that no stack can hold', () => {
    const deep = JSON.parse(`${'{"a":['.repeat(20_000)}1${']}'.repeat(20_000)}`)
    for (const hook of hooks) {
      for (const key of Object.keys(hook)) {
        expectValid(source.readHook?.({ ...hook, [key]: deep }, { receivedAt: RECEIVED_AT }))
      }
    }
  })

  test.runIf(source.readHook)('takes linear time', () => {
    const hostile = (size: number) => {
      const text = '*** Add File: a\n+b\nExit Code: 1\n && npm test '.repeat(size)
      return hooks.map((hook) => replaceTexts(hook, text))
    }
    const run = (inputs: typeof hooks) => inputs.map((input) => source.readHook?.(input, { receivedAt: RECEIVED_AT }))
    expect(timeGrowth(2000, hostile, run)).toBeLessThan(LINEAR_BELOW)
  })
})

/** Long texts in the place of all texts by which the input is not recognized. */
function replaceTexts<Value>(value: Value, text: string, key = ''): Value {
  if (typeof value === 'string') return (/name|id$|cwd|time|commit/.test(key) ? value : text) as Value
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, child]) => [key, replaceTexts(child, text, key)])
  return (Array.isArray(value) ? entries.map(([, child]) => child) : Object.fromEntries(entries)) as Value
}

/** Records whose attributes and resource are anything; the rest is what the gateway's reader ensures. */
function telemetry<Record extends LogRecord | Span>(
  records: readonly Record[],
  value: typeof json,
): fc.Arbitrary<Record> {
  const attributes = fc.dictionary(fc.string(), value)
  const changes = fc.array(fc.tuple(fc.nat(), value), { maxLength: 6 })
  return fc.tuple(fc.constantFrom(...records), attributes, changes).map(([record, more, changed]) => ({
    ...record,
    attributes: { ...replace(record.attributes, changed), ...more },
    resource: replace(record.resource, changed),
  }))
}
