import { expect, test, vi } from 'vitest'
import { OwnSignal } from './call-signal.ts'

test('tells each listener once', () => {
  const signal = new OwnSignal()
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

test('who has left, or comes late, hears nothing', () => {
  const signal = new OwnSignal()
  const [gone, late, staying] = [vi.fn(), vi.fn(), vi.fn()]
  signal.addEventListener('abort', gone)
  signal.addEventListener('abort', staying)
  signal.removeEventListener('abort', gone)
  signal.removeEventListener('abort', late)
  signal.abort()
  signal.addEventListener('abort', late)
  expect(gone).not.toHaveBeenCalled()
  expect(late).not.toHaveBeenCalled()
  expect(staying).toHaveBeenCalledTimes(1)
})

test('a listener that leaves while others are told keeps nobody from hearing', () => {
  const signal = new OwnSignal()
  const last = vi.fn()
  const leaving = () => signal.removeEventListener('abort', leaving)
  signal.addEventListener('abort', leaving)
  signal.addEventListener('abort', last)
  signal.abort()
  expect(last).toHaveBeenCalledTimes(1)
})
