import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { keepTrying } from '../src/keep-trying.ts'
import { Pause } from '../src/pause.ts'

const waited: number[] = []

class CountedPause extends Pause {
  override async last(ms: number): Promise<void> {
    waited.push(ms)
  }
}

beforeEach(() => {
  waited.length = 0
  vi.spyOn(Math, 'random').mockReturnValue(1)
})

afterEach(() => {
  vi.restoreAllMocks()
})

test('pauses double up to a minute, and every failure is told', async () => {
  const failures: unknown[] = []
  let tries = 0
  const attempt = async () => {
    if (++tries < 9) throw tries
    return 'open'
  }
  const { signal } = new AbortController()
  const patience = { signal, pause: new CountedPause(), onFailure: (error: unknown) => failures.push(error) }
  expect(await keepTrying(attempt, patience)).toBe('open')
  expect(waited).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  expect(failures).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
})

test('a pause is cut short on request, and trying is given up at once', async () => {
  const stop = new AbortController()
  let pauses = 0
  class EndlessPause extends Pause {
    override last(_ms: number, signal: AbortSignal): Promise<void> {
      pauses++
      return super.last(2 ** 31 - 1, signal)
    }
  }
  const pause = new EndlessPause()
  let tries = 0
  const trying = keepTrying(
    async () => {
      tries++
      throw new Error('not there')
    },
    { signal: stop.signal, pause, onFailure: () => {} },
  )
  await expect.poll(() => pauses).toBe(1)
  pause.cutShort()
  await expect.poll(() => pauses).toBe(2)
  stop.abort()
  expect(await trying).toBeUndefined()
  expect(tries).toBe(2)
})
