import { expect, test } from 'vitest'
import { formatLogLine, oncePerMinute } from './log.ts'

const line = {
  msg: 'request',
  surface: 'rest',
  procedure: 'sessions.create',
  principal: 'ada',
  status: 200,
  duration_ms: 3.2,
  core_attempts: 1,
}

test('the fields of a request', () => {
  expect(formatLogLine(line, 'msg')).toBe('rest sessions.create 200 3.2 ms ada')
})

test('the code and the attempts of a failed request', () => {
  const failed = { ...line, status: 502, code: 'BAD_GATEWAY', core_attempts: 3 }
  expect(formatLogLine(failed, 'msg')).toBe('rest sessions.create 502 BAD_GATEWAY 3.2 ms 3 attempts ada')
})

test('the message of any other line', () => {
  expect(formatLogLine({ msg: 'Core has recovered' }, 'msg')).toBe('Core has recovered')
})

test('each key is due once a minute', () => {
  let now = 0
  const isDue = oncePerMinute(() => now)
  expect([isDue('a'), isDue('a'), isDue('b')]).toEqual([true, false, true])
  now = 59_999
  expect(isDue('a')).toBe(false)
  now = 60_000
  expect([isDue('a'), isDue('a')]).toEqual([true, false])
})
