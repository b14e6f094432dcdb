import type { InsightOut } from '@achilles/mcp-contract'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { newInsight } from '../../tests/support/insight-core.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { type QueryInsights, SessionWatch } from './session-watch.ts'
import { Watcher, type WatcherOptions } from './watcher.ts'

const NOTHING = { onRoom() {}, onSend() {}, onEnd() {} }

function watchSession(query: QueryInsights) {
  const watch = new SessionWatch({ sessionId: 's', query, firstMs: 1, maxMs: 2, onPoll() {}, onEnd() {} })
  const open = (options: Partial<WatcherOptions> = {}) => {
    const watcher: Watcher = new Watcher({
      ...NOTHING,
      onRoom: () => watch.resume(),
      onEnd: () => watch.remove(watcher),
      ...options,
    })
    watch.add(watcher)
    const ids: string[] = []
    const read = async () => {
      for await (const { insight_id } of watcher) ids.push(insight_id)
    }
    return { ids, watcher, ended: read() }
  }
  return { watch, open }
}

/** A Core that lists a page in any order. */
const toQuery =
  (insights: readonly InsightOut[], order: (page: InsightOut[]) => InsightOut[] = (page) => page): QueryInsights =>
  async ({ since = '', limit }) =>
    order(insights.filter(({ created_at }) => created_at >= String(since)).slice(0, limit))

const newInsights = (count: number) => Array.from({ length: count }, (_, number) => newInsight('s', number))
const idsOf = (insights: readonly InsightOut[]) => insights.map(({ insight_id }) => insight_id)

const soon = (assertion: () => void) => vi.waitFor(assertion, { interval: 1, timeout: 5_000 })

const ORDERS: Record<string, (page: InsightOut[]) => InsightOut[]> = {
  'oldest first': (page) => page,
  'newest first': (page) => page.toReversed(),
  'by message': (page) => page.toSorted((one, other) => (one.message < other.message ? -1 : 1)),
}

test('every watcher gets each insight once and in order, wherever it begins', async () => {
  const join = fc.record({ after: fc.option(fc.nat(450)), since: fc.option(fc.nat(450)), early: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(
      fc.nat(450),
      fc.nat(450),
      fc.array(join, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(...Object.values(ORDERS)),
      async (before, added, joins, order) => {
        const insights = newInsights(before)
        const { open } = watchSession(toQuery(insights, order))
        const begin = ({ after, since }: (typeof joins)[number]) => {
          const from = since ?? 0
          const first = after !== null && after < insights.length && after >= from ? after + 1 : from
          const options = {
            ...(after !== null && { lastEventId: `s-${after}` }),
            ...(since !== null && { since: newInsight('s', since).created_at }),
          }
          return { first, reader: open(options) }
        }
        const early = joins.filter(({ early }) => early).map(begin)
        // What it resumes after is looked for among those that exist by then.
        for (const { reader } of early) await soon(() => expect(reader.watcher.isBehind).toBe(false))
        insights.push(...Array.from({ length: added }, (_, index) => newInsight('s', before + index)))
        const all = [...early, ...joins.filter(({ early }) => !early).map(begin)]
        for (const { first, reader } of all) await soon(() => expect(reader.ids).toEqual(idsOf(insights).slice(first)))
        for (const { reader } of all) reader.watcher.end('closed')
      },
    ),
    { numRuns: 100 },
  )
})

describe('a Core with other habits', () => {
  test('more insights of one time than a page holds: later ones still arrive', async () => {
    const [first] = newInsights(1)
    const created_at = first?.created_at ?? ''
    const same = newInsights(300).map((insight) => ({ ...insight, created_at }))
    const later = { ...newInsight('s', 999), created_at: '2026-03-02T10:00:00Z' }
    let queries = 0
    const query = toQuery([...same, later])
    const { open } = watchSession((asked, signal) => {
      queries++
      return query(asked, signal)
    })
    const { ids, watcher } = open()
    await expect.poll(() => ids.at(-1)).toBe('s-999')
    expect(new Set(ids).size).toBe(ids.length)
    expect(queries).toBeLessThan(50)
    watcher.end('closed')
  })

  test('one that ignores since is not queried without a pause', async () => {
    const page = newInsights(200)
    const { open } = watchSession(async () => page)
    const { ids, watcher } = open({ since: '2027-01-01T00:00:00Z' })
    await watcher.opened
    await expect.poll(() => watcher.isBehind).toBe(false)
    expect(ids).toEqual([])
    watcher.end('closed')
  })

  test('an insight that is updated is sent once', async () => {
    const insights = newInsights(2)
    const { open } = watchSession(toQuery(insights))
    const { ids, watcher } = open()
    await expect.poll(() => ids.length).toBe(2)
    insights.push({ ...newInsight('s', 0), created_at: newInsight('s', 5).created_at }, newInsight('s', 6))
    await expect.poll(() => ids).toEqual(['s-0', 's-1', 's-6'])
    watcher.end('closed')
  })

  test('a time that is none violates the contract', async () => {
    const { open } = watchSession(async () => [{ ...newInsight('s', 0), created_at: 'now' }])
    const { ended } = open()
    await expect(ended).rejects.toMatchObject({ problem: 'CORE_CONTRACT_VIOLATION' })
  })
})

describe('a slow reader', () => {
  test('is ended when too much waits for it', async () => {
    const insights = newInsights(1)
    const ends: string[] = []
    const { watch } = watchSession(toQuery(insights))
    const watcher: Watcher = new Watcher({
      ...NOTHING,
      onRoom: () => watch.resume(),
      onEnd: (reason) => {
        ends.push(reason)
        watch.remove(watcher)
      },
    })
    watch.add(watcher)
    await watcher.opened
    await expect.poll(() => watcher.isBehind).toBe(false)
    for (let batch = 0; ends.length === 0; batch++) {
      insights.push(...Array.from({ length: 50 }, (_, index) => newInsight('s', 1 + 50 * batch + index)))
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
    expect(ends).toEqual(['slow_reader'])
    expect(await watcher.next()).toEqual({ done: true, value: undefined })
  })

  test('that is behind gets a page only after the last one', async () => {
    const insights = newInsights(1_000)
    let queries = 0
    const query = toQuery(insights)
    const { watch } = watchSession((asked, signal) => {
      queries++
      return query(asked, signal)
    })
    const watcher: Watcher = new Watcher({
      ...NOTHING,
      onRoom: () => watch.resume(),
      onEnd: () => watch.remove(watcher),
    })
    watch.add(watcher)
    await watcher.opened
    const other = watchSession(async () => [])
    await other.open().watcher.opened
    expect(queries).toBe(1)
    for (const { insight_id } of insights) expect((await watcher.next()).value).toMatchObject({ insight_id })
    watcher.end('closed')
  })
})

test('while Core is away watchers stay; a final error ends them after what has arrived', async () => {
  const insights = newInsights(2)
  let error: GatewayError | undefined = new GatewayError('SERVICE_UNAVAILABLE', 'away')
  const query = toQuery(insights)
  const { open } = watchSession(async (asked, signal) => {
    if (error) throw error
    return query(asked, signal)
  })
  const statuses: string[] = []
  const { ids, watcher, ended } = open({ onStatus: (status) => statuses.push(status) })
  await watcher.opened
  expect(statuses).toEqual(['degraded'])
  error = undefined
  await expect.poll(() => ids.length).toBe(2)
  expect(statuses).toEqual(['degraded', 'ok'])
  error = new GatewayError('NOT_FOUND', 'gone')
  await expect(ended).rejects.toBe(error)
})

test('Retry-After of Core is respected', async () => {
  let queries = 0
  const { open } = watchSession(async () => {
    queries++
    throw new GatewayError('TOO_MANY_REQUESTS', 'slow down', { headers: { 'retry-after': '60' } })
  })
  const { watcher } = open()
  await watcher.opened
  const other = watchSession(async () => [])
  const { ids: _, watcher: busy } = other.open()
  await busy.opened
  expect(queries).toBe(1)
  watcher.end('closed')
})

test('the last watcher ends the query in flight', async () => {
  const aborted: boolean[] = []
  let queries = 0
  const { open } = watchSession(
    (_query, signal) =>
      new Promise((_resolve, reject) => {
        queries++
        signal.addEventListener('abort', () => {
          aborted.push(true)
          reject(signal.reason)
        })
      }),
  )
  const [one, other] = [open(), open()]
  await expect.poll(() => queries).toBe(1)
  one.watcher.end('closed')
  expect(aborted).toEqual([])
  other.watcher.end('closed')
  await expect.poll(() => aborted).toEqual([true])
})
