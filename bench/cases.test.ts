import { MCPEventBatch } from '@achilles/mcp-contract'
import { expect, test } from 'vitest'
import { batchBodies } from './cases.ts'

const batchIn = (body: Buffer) => MCPEventBatch.parse(JSON.parse(body.toString()))

test.each([1, 50, 500])('%d valid events of about 540 bytes', (size) => {
  const body = batchBodies(3, size)()
  expect(batchIn(body).events).toHaveLength(size)
  expect(Math.abs(body.length / size - 540)).toBeLessThan(20)
})

test('event ids are unique over calls and connections', () => {
  const ids = [0, 1, 11].flatMap((connection) => {
    const nextBody = batchBodies(connection, 20)
    return Array.from({ length: 30 }, () => batchIn(nextBody()).events.map(({ event_id }) => event_id)).flat()
  })
  expect(new Set(ids).size).toBe(3 * 30 * 20)
})

test('each call’s body is as long as the first', () => {
  const nextBody = batchBodies(0, 5)
  const lengths = Array.from({ length: 200 }, () => nextBody().length)
  expect(new Set(lengths).size).toBe(1)
})

test('wraps the batch', () => {
  const body = batchBodies(0, 2, (json) => `{"json":${json}}`)()
  expect(MCPEventBatch.parse(JSON.parse(body.toString()).json).events).toHaveLength(2)
})
