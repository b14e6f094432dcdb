import { expect, test } from 'vitest'
import type { LogRecord } from './agent-source.ts'
import { fingerprint, toId } from './event-id.ts'

test('an id is readable if the contract admits it, else a hash', () => {
  expect(toId('codex', 's', 'tool', 'call_1')).toBe('codex:s:tool:call_1')
  for (const parts of [[''], ['a\nb'], ['\u0085'], ['x'.repeat(257)]]) {
    expect(toId(...parts)).toMatch(/^sha256:[0-9a-f]{32}$/)
  }
  expect(toId('a\nb')).not.toBe(toId('a\nc'))
})

test('a record that is sent again has the same fingerprint, any other has another', () => {
  const record: LogRecord = {
    name: 'gemini_cli.tool_call',
    timestamp: '2026-03-02T09:00:00Z',
    attributes: { a: 1, b: ['x'] },
    resource: {},
    scope: '',
  }
  const print = (changes: Partial<LogRecord>, time = record.timestamp) => fingerprint({ ...record, ...changes }, time)
  expect(print({ attributes: { b: ['x'], a: 1 } })).toBe(print({}))
  const others = [
    print({ attributes: { a: 2, b: ['x'] } }),
    print({ attributes: { a: 1, b: ['y'] } }),
    print({ attributes: { a: '1', b: ['x'] } }),
    print({ attributes: { a: 1n, b: ['x'] } }),
    print({ name: 'x' }),
    print({}, '2026-03-02T09:00:01Z'),
  ]
  expect(new Set([print({}), ...others]).size).toBe(others.length + 1)
})
