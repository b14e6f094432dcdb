import { describeIssue, MCPEventBatch } from '@achilles/mcp-contract'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { boundedInput } from './bounded.ts'

const event = {
  event_id: 'a',
  event_type: 'error',
  source_type: 'ide',
  session_id: 's',
  timestamp: '2026-03-02T09:00:00Z',
  payload: { deep: [{ n: 1n, toString: null }] },
}

test('zod can compile the batch schema: for one that it cannot, it falls back silently', () => {
  expect(() => z.compile(MCPEventBatch, { strict: true })).not.toThrow()
})

test('a compiled schema is the same object for the OpenAPI document, and gives the same results and messages', () => {
  const plain = z.strictObject(MCPEventBatch.shape)
  const fast = boundedInput(MCPEventBatch, { compile: true })
  expect(fast).toBe(MCPEventBatch)
  for (const input of [
    { events: [event] },
    { events: [{ ...event, timestamp: new Date(0) }] },
    { events: [event, event] },
    { events: [] },
    {
      events: [
        { ...event, duration_ms: '5', extra: 1 },
        { ...event, payload: { f() {} } },
      ],
    },
    { events: [{ ...event, project_id: undefined }], more: true },
    JSON.parse('{"events":[],"__proto__":{}}'),
    null,
  ]) {
    const expected = plain.safeParse(input, { error: describeIssue })
    const parse = () => fast.parse(input)
    if (expected.success) expect(parse()).toEqual(expected.data)
    else expect(parse).toThrow(expected.error.message)
  }
})
