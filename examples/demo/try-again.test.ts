import { expect, test } from 'vitest'
import { tryAgain } from './try-again.ts'

const failure = (fields: object) => Object.assign(new Error('no'), fields)
const passing = failure({ data: { retryable: true } })
const { signal } = new AbortController()

function failing(times: number, error: Error) {
  const waits: number[] = []
  let calls = 0
  const outcome = tryAgain(
    async () => {
      if (calls++ < times) throw error
      return 'answer'
    },
    signal,
    async (ms) => waits.push(ms),
  )
  return { outcome, waits, calls: () => calls }
}

test.each([
  ['one that the gateway calls retryable', passing],
  ['a failure of the network', failure({ cause: new TypeError('fetch failed') })],
])('%s is tried again, ever later', async (_what, error) => {
  const { outcome, waits } = failing(3, error)
  expect(await outcome).toBe('answer')
  expect(waits).toEqual([250, 500, 1000])
})

test('gives up after four further attempts', async () => {
  const { outcome, calls } = failing(Number.POSITIVE_INFINITY, passing)
  await expect(outcome).rejects.toBe(passing)
  expect(calls()).toBe(5)
})

test.each([
  ['final', failure({ data: { retryable: false } })],
  ['not of the gateway', new Error('no')],
])('an error that is %s is thrown at once', async (_what, error) => {
  const { outcome, calls } = failing(1, error)
  await expect(outcome).rejects.toBe(error)
  expect(calls()).toBe(1)
})

test.each([
  ['7', 7000],
  ['0', 250],
  ['soon', 250],
])('Retry-After: %s is waited for, for %i ms', async (text, ms) => {
  const meta = { response: { headers: new Headers({ 'retry-after': text }) } }
  const { outcome, waits } = failing(1, failure({ data: { retryable: true }, meta }))
  await outcome
  expect(waits).toEqual([ms])
})

test('makes no call once stopped', async () => {
  const never = async () => expect.unreachable()
  await expect(tryAgain(never, AbortSignal.abort())).rejects.toThrow('aborted')
})
