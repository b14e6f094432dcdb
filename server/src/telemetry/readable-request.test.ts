import { expect, test } from 'vitest'
import { readableRequest } from './readable-request.ts'

const line = {
  msg: 'request',
  surface: 'rest',
  procedure: 'sessions.create',
  principal: 'ada',
  status: 200,
  duration_ms: 3.2,
  core_attempts: 1,
}

test('a request in words', () => {
  expect(readableRequest(line, 'msg')).toBe('rest sessions.create 200 3.2 ms ada')
})

test('what went wrong, and what it took', () => {
  const failed = { ...line, status: 502, code: 'BAD_GATEWAY', core_attempts: 3 }
  expect(readableRequest(failed, 'msg')).toBe('rest sessions.create 502 BAD_GATEWAY 3.2 ms 3 attempts ada')
})

test('any other line is its message', () => {
  expect(readableRequest({ msg: 'Core has recovered' }, 'msg')).toBe('Core has recovered')
})
