import { expect, test } from 'vitest'
import type { Deadline } from './deadline.ts'
import { groupDeadline } from './group-deadline.ts'

/** A deadline that ends when it is told. */
function member(at: number) {
  const controller = new AbortController()
  let passed = false
  const deadline: Deadline = {
    signal: controller.signal,
    at,
    get passed() {
      return passed
    },
    get hungUp() {
      return controller.signal.aborted && !passed
    },
  }
  return {
    deadline,
    hangUp: () => controller.abort(),
    pass() {
      passed = true
      controller.abort()
    },
  }
}

test('it ends with the last of its members', () => {
  const [a, b] = [member(1), member(2)]
  const group = groupDeadline([a.deadline, b.deadline])
  expect(group.at).toBe(2)
  a.hangUp()
  expect(group).toMatchObject({ signal: { aborted: false }, passed: false, hungUp: false })
  b.hangUp()
  expect(group).toMatchObject({ signal: { aborted: true }, passed: false, hungUp: true })
})

test('of several ways to leave, time that ran out is told', () => {
  const [a, b] = [member(1), member(2)]
  const group = groupDeadline([a.deadline, b.deadline])
  a.pass()
  expect(group.passed).toBe(false)
  b.hangUp()
  expect(group).toMatchObject({ passed: true, hungUp: false })
})

test('one that is over already counts', () => {
  const [a, b] = [member(1), member(2)]
  a.hangUp()
  const group = groupDeadline([a.deadline, b.deadline])
  expect(group.signal.aborted).toBe(false)
  b.hangUp()
  expect(group.signal.aborted).toBe(true)
})
