import { expect, test } from 'vitest'
import { badRequest } from '../gateway-error.ts'
import { UnknownKeys } from './unknown-keys.ts'

/** An older gateway: one call after the other, each either responds or is aborted. */
function olderGateway(responses: ('responds' | 'is aborted')[]) {
  const received: object[] = []
  return {
    received,
    async call(input: object): Promise<string> {
      received.push(input)
      if ('new_key' in input) throw badRequest([{ path: 'new_key', message: 'unknown key' }])
      if (responses.shift() === 'is aborted') throw new Error('aborted')
      return 'stored'
    },
  }
}

test('a call that is attempted again is sent without the removed keys, which are reported once', async () => {
  const reported: string[] = []
  const keys = new UnknownKeys((key) => reported.push(key))
  const { received, call } = olderGateway(['is aborted', 'responds'])
  const entry = {}
  const attempt = () => keys.strip('snapshot', entry, { new_key: 1, payload: {} }, call)
  await expect(attempt()).rejects.toThrow('aborted')
  expect(await attempt()).toBe('stored')
  expect(received).toEqual([{ new_key: 1, payload: {} }, { payload: {} }, { payload: {} }])
  expect(reported).toEqual(['snapshot.new_key'])
})

test('another entry with the same key is reported, too', async () => {
  const reported: string[] = []
  const keys = new UnknownKeys((key) => reported.push(key))
  const { call } = olderGateway([])
  for (const entry of [{}, {}]) await keys.strip('snapshot', entry, { new_key: 1 }, call)
  expect(reported).toEqual(['snapshot.new_key', 'snapshot.new_key'])
})
