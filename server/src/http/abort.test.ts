import { expect, test, vi } from 'vitest'
import { AbortHandle } from './abort.ts'

test('calls each listener once', () => {
  const signal = new AbortHandle()
  const [first, second] = [vi.fn(), vi.fn()]
  signal.addEventListener('abort', first)
  signal.addEventListener('abort', second)
  expect(signal).toMatchObject({ aborted: false, reason: undefined })
  signal.abort()
  signal.abort()
  expect(first).toHaveBeenCalledTimes(1)
  expect(second).toHaveBeenCalledTimes(1)
  expect(signal).toMatchObject({ aborted: true, reason: { name: 'AbortError' } })
})

test('does not call listeners that were removed, or added after the abort', () => {
  const signal = new AbortHandle()
  const [removed, late, kept] = [vi.fn(), vi.fn(), vi.fn()]
  signal.addEventListener('abort', removed)
  signal.addEventListener('abort', kept)
  signal.removeEventListener('abort', removed)
  signal.removeEventListener('abort', late)
  signal.abort()
  signal.addEventListener('abort', late)
  expect(removed).not.toHaveBeenCalled()
  expect(late).not.toHaveBeenCalled()
  expect(kept).toHaveBeenCalledTimes(1)
})

test('a listener that removes itself while it is called does not skip the others', () => {
  const signal = new AbortHandle()
  const last = vi.fn()
  const removesItself = () => signal.removeEventListener('abort', removesItself)
  signal.addEventListener('abort', removesItself)
  signal.addEventListener('abort', last)
  signal.abort()
  expect(last).toHaveBeenCalledTimes(1)
})
