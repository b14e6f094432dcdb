import { toIssues } from '@achilles/mcp-contract'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { toLogRecord, toSpan } from './records.ts'

const CONTEXT = { resource: { 'service.name': 'x' }, scope: 'a-scope', receivedAt: '2026-03-02T10:00:00.000Z' }
const TIME = '1772442251250000000'

const logRecord = (input: object) => toLogRecord(input, CONTEXT)
const attributesOf = (...values: object[]) =>
  Object.values(logRecord({ attributes: values.map((value, index) => ({ key: `k${index}`, value })) }).attributes)

test('values of every type', () => {
  const nested = {
    kvlistValue: { values: [{ key: 'a', value: { arrayValue: { values: [{ boolValue: false }, {}] } } }] },
  }
  expect(
    attributesOf(
      { stringValue: '' },
      { boolValue: false },
      { intValue: '0' },
      { intValue: -5 },
      { intValue: '9007199254740993' },
      { intValue: 9007199254740993n },
      { doubleValue: 1.5 },
      { doubleValue: '1e3' },
      { doubleValue: 'NaN' },
      { doubleValue: Number.POSITIVE_INFINITY },
      { arrayValue: {} },
      { kvlistValue: {} },
      { bytesValue: 'aGk=' },
      nested,
      {},
      { stringValue: null, intValue: 1 },
    ),
  ).toEqual([
    '',
    false,
    0,
    -5,
    9007199254740993n,
    9007199254740993n,
    1.5,
    1000,
    'NaN',
    'Infinity',
    [],
    {},
    'aGk=',
    { a: [false, null] },
    null,
    1,
  ])
})

test('of two attributes with one key the last counts, and no key reaches a prototype', () => {
  const attributes = ['a', '__proto__', 'a'].map((key, index) => ({ key, value: { intValue: index } }))
  const read = logRecord({ attributes }).attributes
  expect(Object.entries(read)).toEqual([
    ['a', 2],
    ['__proto__', 1],
  ])
  expect(read.constructor).toBe(Object)
})

test.each([
  [{ timeUnixNano: TIME }, '2026-03-02T09:04:11.250Z'],
  [{ timeUnixNano: Number(TIME) }, '2026-03-02T09:04:11.250Z'],
  [{ timeUnixNano: '1772442251250000042' }, '2026-03-02T09:04:11.250000042Z'],
  [{ timeUnixNano: '0', observedTimeUnixNano: TIME }, '2026-03-02T09:04:11.250Z'],
  [{ timeUnixNano: null }, CONTEXT.receivedAt],
  [{ timeUnixNano: String(2n ** 64n - 1n) }, '2554-07-21T23:34:33.709551615Z'],
])('the time of %j', (input, timestamp) => {
  expect(logRecord(input)).toMatchObject({ timestamp })
})

test.each([
  [{ eventName: 'a', attributes: [{ key: 'event.name', value: { stringValue: 'b' } }] }, 'a'],
  [{ eventName: '', attributes: [{ key: 'event.name', value: { stringValue: 'b' } }] }, 'b'],
  [{ attributes: [{ key: 'event.name', value: { intValue: 1 } }], body: { stringValue: 'text' } }, ''],
])('the name of %j', (input, name) => {
  expect(logRecord(input)).toMatchObject({ name, scope: 'a-scope', resource: CONTEXT.resource })
})

test('ids are lower case; those that are not valid are absent', () => {
  const traceId = '5B8EFFF798038103D269B633813FC60C'
  expect(logRecord({ traceId, spanId: 'EEE19B7EC3C1B174' })).toMatchObject({
    traceId: traceId.toLowerCase(),
    spanId: 'eee19b7ec3c1b174',
  })
  for (const traceId of ['', 'abc', '0'.repeat(32), 'x'.repeat(32), null]) {
    expect(logRecord({ traceId })).not.toHaveProperty('traceId')
  }
})

test('a span', () => {
  const span = {
    name: 'chat',
    spanId: 'eee19b7ec3c1b174',
    parentSpanId: '',
    startTimeUnixNano: TIME,
    endTimeUnixNano: '1772442252250000000',
    status: { code: 'STATUS_CODE_ERROR' },
    kind: 'SPAN_KIND_CLIENT',
    events: [{ name: 'e', timeUnixNano: TIME, attributes: [{ key: 'a', value: { boolValue: true } }] }, {}],
  }
  expect(toSpan(span, CONTEXT)).toEqual({
    name: 'chat',
    spanId: 'eee19b7ec3c1b174',
    startTime: '2026-03-02T09:04:11.250Z',
    endTime: '2026-03-02T09:04:12.250Z',
    attributes: {},
    resource: CONTEXT.resource,
    scope: 'a-scope',
    failed: true,
    events: [
      { name: 'e', timestamp: '2026-03-02T09:04:11.250Z', attributes: { a: true } },
      { name: '', timestamp: '2026-03-02T09:04:12.250Z', attributes: {} },
    ],
  })
  expect(toSpan({ status: { code: 2 } }, CONTEXT)).toMatchObject({ failed: true, startTime: CONTEXT.receivedAt })
  expect(toSpan({ status: { code: 1 } }, CONTEXT)).toMatchObject({ failed: false })
})

test.each<[unknown, string, string]>([
  ['text', '', 'must be an object, not a string'],
  [{ timeUnixNano: 1.5 }, 'timeUnixNano', 'must be a whole number'],
  [{ timeUnixNano: '-1' }, 'timeUnixNano', 'must be from 0 to 2^64 - 1'],
  [{ timeUnixNano: '18446744073709551616' }, 'timeUnixNano', 'must be from 0 to 2^64 - 1'],
  [{ body: { doubleValue: ' ' } }, 'body.doubleValue', 'must be a number'],
  [{ eventName: 5 }, 'eventName', 'must be a string, not a number'],
  [{ attributes: {} }, 'attributes', 'must be an array, not an object'],
  [
    { attributes: [{ value: { boolValue: 'true' } }] },
    'attributes[0].value.boolValue',
    'must be true or false, not a string',
  ],
  [
    { body: { arrayValue: { values: [{ intValue: {} }] } } },
    'body.arrayValue.values[0].intValue',
    'must be a whole number',
  ],
])('%j is rejected with its path', (input, path, message) => {
  const read = () => logRecord(input as object)
  expect(read).toThrow(z.core.$ZodError)
  try {
    read()
  } catch (error) {
    expect(toIssues(error as z.core.$ZodError)).toEqual([{ path, message }])
  }
})
