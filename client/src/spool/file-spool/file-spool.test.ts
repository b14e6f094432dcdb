import { mkdir, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { EntryKind } from '../spool.ts'
import { type FileSpoolOptions, fileSpool } from './file-spool.ts'
import * as fileSystem from './file-system.ts'
import { writeLines } from './segment.ts'
import { fakeEvents, recoverAll } from './testing/spooled-events.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

vi.mock('./file-system.ts', async (importOriginal) => {
  const original = await importOriginal<typeof fileSystem>()
  return { ...original, syncFile: vi.fn(original.syncFile) }
})

const KINDS: EntryKind[] = ['opening', 'event', 'snapshot', 'performance', 'end']

/** JSON objects that come back as they are only if nothing encodes them again or looks for the wrong text in them. */
const TEXTS = [
  '{"a":"é😀"}',
  '{ "n" :\t1.0, "e": 1E400, "zero": -0.0 }\t ',
  '{"escaped":"\\r\\n\\u2028\\u0000\\ud800\\/"}',
  '{"raw":"\u2028\u2029\u007f\ufeff"}',
  '{}',
  '{"big":12345678901234567890,"precise":0.1000000000000000055511151231257827}',
  '{"\\"":"\\\\"}',
  '{"a":1,"entry":{"b":2,"entry":"}"}}',
  '{"text":",\\"entry\\":{}}"}',
  '{"session":7,"id":8,"kind":null,"event_id":"e","json":"{}"}',
  '{"a":1,"a":2,"__proto__":3}',
]

const ids = (events: { id: string }[]) => events.map(({ id }) => id)
const segments = async (dir: string) => (await readdir(dir)).filter((file) => file.endsWith('.jsonl'))

function openSpool(dir: string, options?: FileSpoolOptions) {
  const spool = fileSpool(dir, options)
  onTestFinished(() => spool.close())
  return spool
}

/** All file handles share these methods. */
async function fileHandles(dir: string) {
  const file = await open(dir)
  await file.close()
  onTestFinished(() => void vi.restoreAllMocks())
  return Object.getPrototypeOf(file) as typeof file
}

test('what was closed is recovered exactly and in order, once', async () => {
  const dir = join(await temporaryDir(), 'not', 'yet')
  const entries = TEXTS.map((json, index) => ({
    session: '\n😀,"entry":{}}',
    id: `${index}\n😀,"entry":{}}`,
    kind: KINDS[index % KINDS.length] ?? 'event',
    json,
  }))
  const first = openSpool(dir)
  expect(first.durable).toBe(true)
  expect(await first.recover()).toEqual([])
  await first.append(entries.slice(0, 3))
  await first.append([])
  await first.append(entries.slice(3))
  await first.close()

  const second = openSpool(dir)
  expect(await second.recover()).toEqual(entries)
  expect(await second.recover()).toEqual([])
})

test('what two live spools of one process keep stays with each', async () => {
  const dir = await temporaryDir()
  const [one, other] = [openSpool(dir), openSpool(dir)]
  await Promise.all([one.append(fakeEvents('one', 5)), other.append(fakeEvents('other', 5))])
  expect([await one.recover(), await other.recover()]).toEqual([[], []])
  await one.close()
  expect(await other.recover()).toEqual(fakeEvents('one', 5))
})

test('of two spools that recover at once each event goes to one', async () => {
  const dir = await temporaryDir()
  for (const run of ['a', 'b', 'c']) {
    const spool = openSpool(dir, { segmentBytes: 300 })
    for (const event of fakeEvents(run, 20)) await spool.append([event])
    await spool.close()
  }
  const heirs = [openSpool(dir), openSpool(dir)]
  const given = await Promise.all(heirs.map(recoverAll))
  expect(ids(given.flat()).sort()).toEqual(ids(['a', 'b', 'c'].flatMap((run) => fakeEvents(run, 20))))
  for (const events of given) expect(ids(events)).toEqual(ids(events).sort())
})

test('runs are recovered one by one, the oldest first, also after they changed hands', async () => {
  const dir = await temporaryDir()
  const a = openSpool(dir)
  await a.append(fakeEvents('a', 2))
  const b = openSpool(dir)
  await b.append(fakeEvents('b', 2))
  await Promise.all([a.close(), b.close()])
  const c = openSpool(dir)
  await c.append(fakeEvents('c', 2))
  expect(await c.recover()).toEqual(fakeEvents('a', 2))
  await c.close()
  const d = openSpool(dir)
  expect(await d.recover()).toEqual([...fakeEvents('a', 2), ...fakeEvents('c', 2)])
  expect(await d.recover()).toEqual(fakeEvents('b', 2))
})

test('files are for their user alone', async () => {
  const dir = join(await temporaryDir(), 'spool')
  await openSpool(dir).append(fakeEvents('e', 1))
  const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
  expect(await mode(dir)).toBe('700')
  const files = await readdir(dir)
  expect(files).toHaveLength(2)
  for (const file of files) expect(await mode(join(dir, file))).toBe('600')
})

test('a segment goes with the last of its events', async () => {
  const dir = await temporaryDir()
  const spool = openSpool(dir, { segmentBytes: 300 })
  const events = fakeEvents('e', 9)
  const remove = (...indices: number[]) => spool.remove(events.filter((_, index) => indices.includes(index)))
  for (const event of events) await spool.append([event])
  expect(await segments(dir)).toHaveLength(3)
  await spool.remove(fakeEvents('unknown', 1))
  await remove(0, 1, 3, 4, 5)
  expect(await segments(dir)).toHaveLength(2)
  await remove(2, 6, 7)
  expect(await segments(dir)).toHaveLength(1)
  await remove(8)
  expect(await segments(dir)).toEqual([])
  await spool.append(fakeEvents('f', 1))
  await spool.close()

  const heir = openSpool(dir)
  expect(await heir.recover()).toEqual(fakeEvents('f', 1))
  expect(await segments(dir)).toHaveLength(1)
  await heir.remove(fakeEvents('f', 1))
  await heir.close()
  expect(await readdir(dir)).toEqual([])
})

test('however many appends come at once, a segment outgrows its size by no more than one', async () => {
  const dir = await temporaryDir()
  const spool = openSpool(dir, { segmentBytes: 300 })
  await Promise.all(fakeEvents('e', 50).map((event) => spool.append([event])))
  const sizes = await Promise.all((await segments(dir)).map(async (file) => (await stat(join(dir, file))).size))
  expect(Math.max(...sizes)).toBeLessThan(300 + writeLines(fakeEvents('e', 1)).length)
  await spool.close()
  expect(await recoverAll(openSpool(dir))).toEqual(fakeEvents('e', 50))
})

test('an event removed while it is being written is not kept', async () => {
  const dir = await temporaryDir()
  const spool = openSpool(dir)
  await Promise.all([spool.append(fakeEvents('e', 1)), spool.remove(fakeEvents('e', 1))])
  expect(await segments(dir)).toEqual([])
})

test('appends that come during a sync share the next one, and none resolves before its own', async () => {
  const dir = await temporaryDir()
  const spool = openSpool(dir)
  await spool.append(fakeEvents('first', 1))
  const { syncFile } = await vi.importActual<typeof fileSystem>('./file-system.ts')
  const releases: (() => void)[] = []
  vi.mocked(fileSystem.syncFile).mockImplementation(async (file) => {
    await new Promise<void>((release) => releases.push(release))
    await syncFile(file)
  })
  onTestFinished(() => void vi.mocked(fileSystem.syncFile).mockImplementation(syncFile))
  const done: string[] = []
  const append = (name: string) => spool.append(fakeEvents(name, 1)).then(() => done.push(name))
  const appends = [append('a')]
  await expect.poll(() => releases.length).toBe(1)
  for (const name of ['b', 'c', 'd']) appends.push(append(name))
  expect(done).toEqual([])
  releases[0]?.()
  await expect.poll(() => releases.length).toBe(2)
  expect(done).toEqual(['a'])
  releases[1]?.()
  await Promise.all(appends)
  expect(done).toEqual(['a', 'b', 'c', 'd'])
  expect(releases).toHaveLength(2)
})

test('what would not fit is refused, and room comes back', async () => {
  const dir = await temporaryDir()
  const spool = openSpool(dir, { maxBytes: 700, segmentBytes: 300 })
  const refusal = `the event spool ${dir} is full: it may keep 700 bytes`
  const results = await Promise.allSettled(fakeEvents('e', 9).map((event) => spool.append([event])))
  const kept = Math.floor(700 / writeLines(fakeEvents('e', 1)).length)
  expect(kept).toBeGreaterThan(3)
  expect(results.map((result) => (result.status === 'rejected' ? result.reason.message : 'kept'))).toEqual([
    ...Array(kept).fill('kept'),
    ...Array(9 - kept).fill(refusal),
  ])
  await expect(spool.append(fakeEvents('more', 1))).rejects.toThrow(refusal)
  await spool.remove(fakeEvents('e', 9))
  await expect(spool.append(fakeEvents('many', 9))).rejects.toThrow(refusal)
  await spool.append(fakeEvents('f', 2))
  await spool.close()
  expect(await recoverAll(openSpool(dir))).toEqual(fakeEvents('f', 2))
})

test('a write cut short is refused and taken back, and what comes later is kept', async () => {
  const dir = await temporaryDir()
  const spool = openSpool(dir)
  await spool.append(fakeEvents('a', 2))
  const prototype = await fileHandles(dir)
  const { appendFile } = prototype
  vi.spyOn(prototype, 'appendFile').mockImplementationOnce(async function (this: typeof prototype, lines) {
    await appendFile.call(this, (lines as Buffer).subarray(0, 150))
    throw new Error('no space')
  })
  await expect(spool.append(fakeEvents('b', 2))).rejects.toThrow(`cannot keep events in ${dir}: no space`)
  await spool.append(fakeEvents('c', 2))
  await spool.close()
  const onDamage = vi.fn()
  expect(await recoverAll(openSpool(dir, { onDamage }))).toEqual([...fakeEvents('a', 2), ...fakeEvents('c', 2)])
  expect(onDamage).not.toHaveBeenCalled()
})

test('where even that is not taken back, nothing is glued to it', async () => {
  const dir = await temporaryDir()
  const spool = openSpool(dir)
  await spool.append(fakeEvents('a', 1))
  const prototype = await fileHandles(dir)
  const { appendFile } = prototype
  vi.spyOn(prototype, 'truncate').mockRejectedValueOnce(new Error('nor that'))
  vi.spyOn(prototype, 'appendFile').mockImplementationOnce(async function (this: typeof prototype, lines) {
    await appendFile.call(this, (lines as Buffer).subarray(0, 50))
    throw new Error('no space')
  })
  await expect(spool.append(fakeEvents('b', 1))).rejects.toThrow('no space')
  await spool.append(fakeEvents('c', 1))
  await spool.close()
  expect(await recoverAll(openSpool(dir))).toEqual([...fakeEvents('a', 1), ...fakeEvents('c', 1)])
})

test('a sync that fails is a refusal for all that share it, and leaves no file', async () => {
  const dir = await temporaryDir()
  const spool = openSpool(dir)
  vi.mocked(fileSystem.syncFile).mockRejectedValueOnce(new Error('bad disk'))
  const results = await Promise.allSettled(fakeEvents('a', 3).map((event) => spool.append([event])))
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect(await segments(dir)).toEqual([])
})

test('close waits for what is being written; later nothing is taken', async () => {
  const dir = await temporaryDir()
  const spool = openSpool(dir)
  const appended = spool.append(fakeEvents('a', 3))
  const closed = spool.close()
  const refusal = `the event spool ${dir} is closed`
  await expect(spool.append(fakeEvents('b', 1))).rejects.toThrow(refusal)
  await Promise.all([appended, closed, spool.close()])
  await expect(spool.remove(fakeEvents('a', 1))).rejects.toThrow(refusal)
  await expect(spool.recover()).rejects.toThrow(refusal)
  expect(await recoverAll(openSpool(dir))).toEqual(fakeEvents('a', 3))
})

test('a directory that cannot be made is an error that names it', async () => {
  const dir = join(await temporaryDir(), 'file')
  await (await open(dir, 'w')).close()
  await expect(openSpool(dir).append(fakeEvents('a', 1))).rejects.toThrow(`cannot keep events in ${dir}: EEXIST`)
  await mkdir(`${dir}2`)
  await openSpool(`${dir}2`).append(fakeEvents('a', 1))
})
