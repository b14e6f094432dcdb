import { expect, test } from 'vitest'
import { encodeMessage } from './encode-message.ts'

const response = (text: string, rest: object = {}) => ({
  result: { content: [{ type: 'text', text }], structuredContent: {}, ...rest },
  jsonrpc: '2.0',
  id: 1,
})

test('structured content is the JSON of the text, on one line', () => {
  const text = '{\r\n"n": 12345678901234567890, "$&": "a\\nb"}'
  const line = encodeMessage(response(text, { isError: true, _meta: { a: 1 } }))
  expect(line).toContain('"structuredContent":{  "n": 12345678901234567890, "$&": "a\\nb"}}')
  expect(line).not.toMatch(/[\r\n]/)
  expect(JSON.parse(line)).toEqual({
    jsonrpc: '2.0',
    id: 1,
    result: {
      content: [{ type: 'text', text }],
      isError: true,
      _meta: { a: 1 },
      structuredContent: JSON.parse(text),
    },
  })
})

test.each([
  { jsonrpc: '2.0', id: 1, result: { tools: [] } },
  { jsonrpc: '2.0', id: 1, result: { structuredContent: { a: 1 } } },
  { jsonrpc: '2.0', id: 1, result: { structuredContent: { a: 1 }, content: [{ type: 'image', data: '' }] } },
  { jsonrpc: '2.0', id: 1, error: { code: -32602, message: 'x' } },
  { jsonrpc: '2.0', method: 'notifications/initialized' },
])('any other message is encoded unchanged: %j', (message) => {
  expect(JSON.parse(encodeMessage(message))).toEqual(message)
})
