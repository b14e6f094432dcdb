import { expect, test } from 'vitest'
import { WindowCounter } from './rate-limiter.ts'

test('counts each caller in its own window', () => {
  let now = 0
  const counter = new WindowCounter(1_000, () => now)
  expect(counter.add('a', 1)).toEqual({ used: 1, endsInMs: 1_000 })
  now = 400
  expect(counter.add('b', 5)).toEqual({ used: 5, endsInMs: 1_000 })
  expect(counter.add('a', 2)).toEqual({ used: 3, endsInMs: 600 })
  now = 1_000
  expect(counter.add('a', 1)).toEqual({ used: 1, endsInMs: 1_000 })
  expect(counter.add('b', 1)).toEqual({ used: 6, endsInMs: 400 })
})
