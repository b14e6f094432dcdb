import { expect, test } from 'vitest'
import type { Deadline } from '../deadline.ts'
import { mergeDeadlines } from './coalescer.ts'

/** A deadline that the test ends. */
function member(at: number) {
  const controller = new AbortController()
  let passed = false
  const deadline: Deadline = {
    signal: controller.signal,
    at,
    get passed() {
      return passed
    },
    get disconnected() {
      return controller.signal.aborted && !passed
    },
  }
  return {
    deadline,
    disconnect: () => controller.abort(),
    pass() {
      passed = true
      controller.abort()
    },
  }
}

test('it ends when the last of its members ends', () => {
  const [a, b] = [member(1), member(2)]
  const merged = mergeDeadlines([a.deadline, b.deadline])
  expect(merged.at).toBe(2)
  a.disconnect()
  expect(merged).toMatchObject({ signal: { aborted: false }, passed: false, disconnected: false })
  b.disconnect()
  expect(merged).toMatchObject({ signal: { aborted: true }, passed: false, disconnected: true })
})

test('it has passed if any member has passed, even if others disconnected', () => {
  const [a, b] = [member(1), member(2)]
  const merged = mergeDeadlines([a.deadline, b.deadline])
  a.pass()
  expect(merged.passed).toBe(false)
  b.disconnect()
  expect(merged).toMatchObject({ passed: true, disconnected: false })
})

test('a member that has already ended counts', () => {
  const [a, b] = [member(1), member(2)]
  a.disconnect()
  const merged = mergeDeadlines([a.deadline, b.deadline])
  expect(merged.signal.aborted).toBe(false)
  b.disconnect()
  expect(merged.signal.aborted).toBe(true)
})
