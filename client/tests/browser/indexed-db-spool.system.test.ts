import { randomBytes } from 'node:crypto'
import type { Browser, BrowserContext, Page, Worker } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { EntryKey, EntryKind, SpoolEntry } from '../../src/spool/spool.ts'
import { findChromium, launchChromium, type Site, serveScript } from './browser.ts'

const hasChromium = findChromium() !== undefined
if (!hasChromium) process.stdout.write('no Chromium here (CHROMIUM_PATH may name one): the tests in it are skipped\n')

const KINDS: EntryKind[] = ['opening', 'event', 'snapshot', 'performance', 'end']
const ENTRIES: SpoolEntry[] = [
  '{"a":"é😀"}',
  '{ "n" :\t1.0, "e": 1E400 }',
  '{"escaped":"\\r\\n\\u2028\\u0000\\ud800"}',
  '{}',
  '{"big":12345678901234567890}',
  '{"raw":"\u2028\ufeff","text":",\\"entry\\":{}}"}',
].map((json, index) => ({ session: 's', id: `e${index}`, kind: KINDS[index % KINDS.length] ?? 'event', json }))
/** A page or a worker. */
type Runner = Pick<Worker, 'evaluate'>

const named = (prefix: string, count: number): SpoolEntry[] =>
  Array.from({ length: count }, (_, index) => ({ session: 's', id: `${prefix}${index}`, kind: 'event', json: '{}' }))

describe.skipIf(!hasChromium)('in Chromium', () => {
  let site: Site
  let browser: Browser
  let context: BrowserContext

  beforeAll(async () => {
    site = await serveScript(new URL('./spool-script.ts', import.meta.url))
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })
  beforeEach(async () => {
    context = await browser.newContext()
  })
  afterEach(() => context.close())

  async function openPage(): Promise<Page> {
    const page = await context.newPage()
    await page.goto(site.url)
    return page
  }

  async function openWorker(): Promise<{ page: Page; worker: Worker }> {
    const page = await context.newPage()
    const [worker] = await Promise.all([page.waitForEvent('worker'), page.goto(site.workerUrl)])
    return { page, worker }
  }

  const append = (page: Runner, events: SpoolEntry[]) =>
    page.evaluate((all: SpoolEntry[]) => globalThis.spool.append(all), events)
  const removeEvents = (page: Runner, events: EntryKey[]) =>
    page.evaluate((all: EntryKey[]) => globalThis.spool.remove(all), events)
  const remove = (page: Runner, ids: string[]) =>
    removeEvents(
      page,
      ids.map((id) => ({ session: 's', id })),
    )
  const recover = (page: Runner) => page.evaluate(() => globalThis.spool.recover())
  const close = (page: Runner) => page.evaluate(() => globalThis.spool.close())

  test('what was closed is recovered exactly and in order, once', async () => {
    const page = await openPage()
    expect(await page.evaluate(() => globalThis.spool.durable)).toBe(true)
    await append(page, ENTRIES.slice(0, 2))
    await append(page, [])
    await append(page, ENTRIES.slice(2))
    await close(page)
    await page.reload()
    expect(await recover(page)).toEqual(ENTRIES)
    expect(await recover(page)).toEqual([])
  })

  test('what is removed is gone, be it the page’s own or another’s', async () => {
    const page = await openPage()
    await append(page, named('a', 4))
    await remove(page, ['a1', 'a2', 'unknown'])
    await page.reload()
    expect((await recover(page)).map(({ id }) => id)).toEqual(['a0', 'a3'])
    await remove(page, ['a0'])
    await page.reload()
    expect((await recover(page)).map(({ id }) => id)).toEqual(['a3'])
    await remove(page, ['a3'])
    await page.reload()
    expect(await recover(page)).toEqual([])
  })

  test('of two sessions’ events with one id, only the one removed is gone, be it own or another’s', async () => {
    const page = await openPage()
    const [first, second, third, fourth] = ['first', 'second', 'third', 'fourth'].map((session) => ({
      session,
      id: 'e1',
      kind: 'event',
      json: '{}',
    })) as [SpoolEntry, SpoolEntry, SpoolEntry, SpoolEntry]
    await append(page, [first, second])
    await page.reload()
    expect(await recover(page)).toEqual([first, second])
    await append(page, [third, fourth])
    await removeEvents(page, [first, third])
    await page.reload()
    expect(await recover(page)).toEqual([second])
    expect(await recover(page)).toEqual([fourth])
  })

  test('records of version 0.1.0 are read as events; without a session it is the one in the event', async () => {
    const page = await openPage()
    const event = (session_id: string) => ({ event_id: 'e1', json: JSON.stringify({ event_id: 'e1', session_id }) })
    const stored = [
      event('first'),
      event('second'),
      { event_id: 'e2', json: '{' },
      { ...event('first'), session_id: 'third' },
      { session_id: 'third', event_id: 'e2', json: '{"n":\n1.0}' },
      { session_id: 'third', event_id: 'e3', json: '\ud800\0' },
      { session_id: 'third', event_id: 'e4', json: '' },
    ]
    const sessions = ['first', 'second', '', 'third', 'third', 'third', 'third']
    await page.evaluate(`new Promise((resolve, reject) => {
      const opening = indexedDB.open('achilles-mcp-events', 1)
      opening.onupgradeneeded = () => opening.result.createObjectStore('events', { keyPath: ['owner', 'sequence'] })
      opening.onerror = reject
      opening.onsuccess = () => {
        const transaction = opening.result.transaction('events', 'readwrite')
        for (const [sequence, event] of ${JSON.stringify(stored)}.entries()) {
          transaction.objectStore('events').put({ owner: 'earlier', sequence, ...event })
        }
        transaction.oncomplete = () => resolve(opening.result.close())
        transaction.onabort = reject
      }
    })`)
    expect(await recover(page)).toEqual(
      stored.map(({ event_id: id, json }, index) => ({ session: sessions[index], id, kind: 'event', json })),
    )
    await removeEvents(page, [{ session: 'first', id: 'e1' }])
    await page.reload()
    expect((await recover(page)).map(({ session }) => session)).toEqual(sessions.slice(1))
  })

  test('an event removed while it is being written is not kept', async () => {
    const page = await openPage()
    await page.evaluate(() =>
      Promise.all([
        globalThis.spool.append([{ session: 's', id: 'a', kind: 'event', json: '{}' }]),
        globalThis.spool.remove([{ session: 's', id: 'a' }]),
      ]),
    )
    await page.reload()
    expect(await recover(page)).toEqual([])
  })

  test('pages alive never get each other’s events; one that is closed frees its own', async () => {
    const [one, other] = [await openPage(), await openPage()]
    await append(one, named('one', 3))
    await append(other, named('other', 3))
    expect([await recover(one), await recover(other)]).toEqual([[], []])
    await one.close()
    await expect.poll(() => recover(other)).toEqual(named('one', 3))
    expect(await recover(other)).toEqual([])
  })

  test('a page that crashes frees its events, those it had taken over too', async () => {
    const [first, second, third] = [await openPage(), await openPage(), await openPage()]
    await append(first, named('first', 3))
    await close(first)
    await append(second, named('second', 3))
    expect(await recover(second)).toEqual(named('first', 3))
    expect(await recover(third)).toEqual([])
    const crash = second.waitForEvent('crash')
    await second.goto('chrome://crash').catch(() => {})
    await crash
    await expect.poll(() => recover(third)).toEqual(named('first', 3))
    await expect.poll(() => recover(third)).toEqual(named('second', 3))
  })

  test('two spools of one page are two owners', async () => {
    const page = await openPage()
    await append(page, named('a', 2))
    const given = await page.evaluate(async () => {
      const other = globalThis.openSpool()
      const whileAlive = await other.recover()
      await globalThis.spool.close()
      return [whileAlive, await other.recover()]
    })
    expect(given).toEqual([[], named('a', 2)])
  })

  test('spools of other names do not meet', async () => {
    const page = await openPage()
    await append(page, named('a', 2))
    await close(page)
    expect(await page.evaluate(() => globalThis.openSpool({ name: 'other' }).recover())).toEqual([])
  })

  test('of pages that recover at once each event goes to one', async () => {
    for (const run of ['a', 'b', 'c', 'd']) {
      const page = await openPage()
      await append(page, named(run, 50))
      await close(page)
    }
    const pages = await Promise.all([openPage(), openPage(), openPage()])
    const given = await Promise.all(
      pages.map((page) =>
        page.evaluate(async () => {
          const ids: string[] = []
          for (;;) {
            const events = await globalThis.spool.recover()
            if (events.length === 0) return ids
            for (const { id } of events) ids.push(id)
          }
        }),
      ),
    )
    const all = ['a', 'b', 'c', 'd'].flatMap((run) => named(run, 50).map(({ id }) => id))
    expect(given.flat().sort()).toEqual(all.sort())
  })

  test('a web worker is an owner like a page', async () => {
    const { page, worker } = await openWorker()
    await append(worker, ENTRIES)
    const other = await openPage()
    expect(await recover(other)).toEqual([])
    await page.close()
    await expect.poll(() => recover(other)).toEqual(ENTRIES)
    await close(other)
    expect(await recover((await openWorker()).worker)).toEqual(ENTRIES)
  })

  test('what exceeds the quota is refused whole', async () => {
    const page = await openPage()
    const devtools = await context.newCDPSession(page)
    await devtools.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize: 1_000_000 })
    await append(page, named('a', 1))
    // Nothing that compresses to less than the quota.
    const json = JSON.stringify({ text: randomBytes(4_000_000).toString('hex') })
    const huge: SpoolEntry = { session: 's', id: 'b2', kind: 'event', json }
    const refused = append(page, [...named('b', 2), huge])
    await expect(refused).rejects.toThrow(
      'cannot keep events in the IndexedDB database achilles-mcp-events: QuotaExceeded',
    )
    // Chromium may still count what it has discarded.
    const appendSmall = () =>
      append(page, named('c', 1)).then(
        () => true,
        () => false,
      )
    await expect.poll(appendSmall).toBe(true)
    await page.reload()
    expect(await recover(page)).toEqual([...named('a', 1), ...named('c', 1)])
  })

  test('after close nothing is taken; close waits for what is being written', async () => {
    const page = await openPage()
    const [order, messages] = await page.evaluate(async () => {
      const spool = globalThis.spool
      const order: string[] = []
      const events = Array.from({ length: 2_000 }, (_, index) => ({
        session: 's',
        id: `a${index}`,
        kind: 'event' as const,
        json: '{}',
      }))
      const appended = spool.append(events).then(() => order.push('appended'))
      const closed = spool.close().then(() => order.push('closed'))
      const refusals = [spool.append([]), spool.remove([]), spool.recover()]
      await Promise.all([appended, closed, spool.close()])
      return [
        order,
        await Promise.all(refusals.map((refusal) => refusal.then(String, (error: Error) => error.message))),
      ]
    })
    expect(order).toEqual(['appended', 'closed'])
    expect(messages).toEqual(Array(3).fill('the event spool achilles-mcp-events is closed'))
    await page.reload()
    expect(await recover(page)).toEqual(named('a', 2_000))
  })

  test('a database deleted under it is made anew', async () => {
    const page = await openPage()
    await append(page, named('a', 1))
    await page.evaluate(`new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase('achilles-mcp-events')
      request.onsuccess = resolve
      request.onerror = request.onblocked = reject
    })`)
    await append(page, named('b', 1))
    await page.reload()
    expect(await recover(page)).toEqual(named('b', 1))
  })

  test('without Web Locks others’ events are given once, whether they live or not', async () => {
    await context.addInitScript(`Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })`)
    const [one, other] = [await openPage(), await openPage()]
    await append(one, named('one', 2))
    await append(other, named('other', 2))
    expect(await recover(other)).toEqual(named('one', 2))
    expect(await recover(other)).toEqual([])
    await remove(other, ['one0', 'other0'])
    const later = await openPage()
    expect([...(await recover(later)), ...(await recover(later))].map(({ id }) => id)).toEqual(['one1', 'other1'])
  })

  test('without IndexedDB it says so', async () => {
    await context.addInitScript(
      `delete globalThis.indexedDB; Object.defineProperty(globalThis, 'indexedDB', { value: undefined })`,
    )
    const page = await context.newPage()
    const [error] = await Promise.all([page.waitForEvent('pageerror'), page.goto(site.url)])
    expect(error.message).toBe('cannot keep events: there is no IndexedDB here')
  })
})
