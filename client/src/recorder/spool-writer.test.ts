import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type EntryKey, type SpoolEntry, toEntryKey } from '../spool/spool.ts'
import { SpoolWriter } from './spool-writer.ts'

const event = (id: string, size = 1): SpoolEntry => ({ session: 's', id, kind: 'event', json: 'x'.repeat(size) })
const events = (count: number) => Array.from({ length: count }, (_, index) => event(`e${index}`))

/** A spool that holds so many characters. */
function smallSpool(room: number) {
  const kept = new Map<string, string>()
  const spool = {
    durable: true,
    room,
    kept,
    recover: async () => [],
    append: vi.fn(async (added: readonly SpoolEntry[]) => {
      const held = [...kept.values()].join('').length
      const size = added.map(({ json }) => json).join('').length
      if (held + size > spool.room) throw new Error('no space left')
      for (const { id, json } of added) kept.set(id, json)
    }),
    remove: vi.fn(async (removed: readonly EntryKey[]) => {
      for (const { id } of removed) kept.delete(id)
    }),
    close: async () => {},
  }
  return spool
}

let errors: unknown[]
const open = (spool: ReturnType<typeof smallSpool>) => new SpoolWriter(spool, (error) => errors.push(error))

beforeEach(() => {
  vi.useFakeTimers()
  errors = []
})

afterEach(() => {
  vi.useRealTimers()
})

describe('a spool that is nearly full', () => {
  test('takes what fits, whole events, and the fault is told once', async () => {
    const spool = smallSpool(13)
    const writer = open(spool)
    for (const one of events(100)) writer.add(one)
    await expect(writer.written()).rejects.toThrow('no space left')
    expect(errors).toHaveLength(1)
    expect(spool.kept.size).toBe(13)
    expect([...spool.kept.keys()]).toEqual(events(13).map(({ id }) => id))
    expect(spool.append.mock.calls.length).toBeLessThan(30)
  })

  test('one event too large costs no other its place', async () => {
    const spool = smallSpool(99)
    const writer = open(spool)
    writer.add(event('huge', 1_000))
    for (const one of events(99)) writer.add(one)
    await expect(writer.written()).rejects.toThrow('no space left')
    expect(spool.kept.size).toBe(99)
    expect(await writer.close()).toEqual(new Set([toEntryKey(event('huge'))]))
  })

  test('removes what is settled before it appends', async () => {
    const spool = smallSpool(10)
    const writer = open(spool)
    for (const one of events(10)) writer.add(one)
    await writer.written()
    for (const one of events(10)) writer.remove(one)
    for (let index = 10; index < 20; index++) writer.add(event(`e${index}`))
    await writer.written()
    expect(spool.kept.size).toBe(10)
    expect(errors).toEqual([])
  })

  test('keeps trying by itself, ever more rarely, and at once when something is removed', async () => {
    const spool = smallSpool(1)
    const writer = open(spool)
    writer.add(event('kept'))
    await writer.written()
    writer.add(event('waits'))
    await vi.advanceTimersByTimeAsync(60_000)
    const attempts = spool.append.mock.calls.length
    expect(attempts).toBeGreaterThan(4)
    expect(attempts).toBeLessThan(12)
    // More events are no reason to try more often.
    for (let index = 0; index < 10; index++) {
      writer.add(event(`late${index}`))
      await Promise.resolve()
    }
    expect(spool.append.mock.calls.length).toBe(attempts)
    writer.remove(event('kept'))
    await vi.advanceTimersByTimeAsync(0)
    expect([...spool.kept.keys()]).toEqual(['waits'])
    spool.room = 100
    await vi.advanceTimersByTimeAsync(60_000)
    expect(spool.kept.size).toBe(11)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('what is settled while it is being written', () => {
  test('is not put back by a write that fails', async () => {
    const spool = smallSpool(0)
    const writer = open(spool)
    let refuse = (_error: Error) => {}
    spool.append.mockImplementationOnce(() => new Promise((_, reject) => (refuse = reject)))
    for (const one of events(3)) writer.add(one)
    await vi.advanceTimersByTimeAsync(0)
    for (const one of events(3)) writer.remove(one)
    refuse(new Error('no space left'))
    await writer.written()
    expect(errors).toEqual([])
    expect(spool.append).toHaveBeenCalledTimes(1)
    expect(await writer.close()).toEqual(new Set())
  })

  test('and recorded again under its id, is kept', async () => {
    const spool = smallSpool(10)
    const writer = open(spool)
    writer.add(event('again'))
    await writer.written()
    writer.remove(event('again'))
    writer.add(event('again', 2))
    await writer.written()
    expect([...spool.kept]).toEqual([['again', 'xx']])
  })
})

test('persisted means the events recorded before it, however many follow', async () => {
  const spool = smallSpool(1_000)
  const writer = open(spool)
  let follow = true
  spool.append.mockImplementation(async (added) => {
    for (const { id, json } of added) spool.kept.set(id, json)
    if (follow) writer.add(event(`after-${spool.kept.size}`))
  })
  writer.add(event('first'))
  await writer.written()
  follow = false
  expect(spool.kept.size).toBeLessThan(4)
  await writer.close()
})

test.each([
  ['rejects', () => Promise.reject(new Error('bad disk'))],
  [
    'throws',
    () => {
      throw new Error('bad disk')
    },
  ],
])('a spool that %s when it removes or closes is told, and stops nothing', async (_how, fail) => {
  const spool = { ...smallSpool(10), remove: fail, close: fail }
  const writer = new SpoolWriter(spool, (error) => errors.push(error))
  writer.add(event('a'))
  await writer.written()
  writer.remove(event('a'))
  writer.add(event('b'))
  await writer.written()
  await writer.close()
  expect(errors).toEqual([new Error('bad disk'), new Error('bad disk')])
  expect([...spool.kept.keys()]).toEqual(['a', 'b'])
})
