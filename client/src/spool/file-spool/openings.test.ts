import { readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { SpoolEntry } from '../spool.ts'
import { fileSpool } from './file-spool.ts'
import { readLines } from './segment.ts'
import { fakeEvents, fakeOpening, recoverAll } from './testing/spooled-events.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

const EVENTS = fakeEvents('e', 8)

function openSpool(dir: string) {
  const spool = fileSpool(dir, { segmentBytes: 300 })
  onTestFinished(() => spool.close())
  return spool
}

/** A spool with an opening and the events after it, in three segments. */
async function spoolInThree(dir: string) {
  const spool = openSpool(dir)
  for (const entry of [fakeOpening(), ...EVENTS]) await spool.append([entry])
  expect(await segments(dir)).toHaveLength(3)
  return spool
}

/** Oldest first, if they are of one owner. */
const segments = async (dir: string) => (await readdir(dir)).filter((file) => file.endsWith('.jsonl')).sort()

async function contents(dir: string): Promise<SpoolEntry[][]> {
  const files = await segments(dir)
  return Promise.all(files.map(async (file) => readLines(await readFile(join(dir, file))).entries))
}

test('each segment begins with the opening until it is removed', async () => {
  const dir = await temporaryDir()
  const spool = await spoolInThree(dir)
  const before = await contents(dir)
  expect(before.map(([first]) => first)).toEqual(Array(3).fill(fakeOpening()))
  expect(before.flatMap(([, ...rest]) => rest)).toEqual(EVENTS)

  await spool.remove([fakeOpening()])
  const later = fakeEvents('later', 6)
  for (const event of later) await spool.append([event])
  const after = await contents(dir)
  expect(after.length).toBeGreaterThan(4)
  expect(after.slice(3).flat()).toEqual(later.slice(-after.slice(3).flat().length))
  await spool.close()
  const recovered = await recoverAll(openSpool(dir))
  expect(recovered.filter(({ kind }) => kind === 'event')).toEqual([...EVENTS, ...later])
})

test('who takes over only some of the segments gets the opening too, first', async () => {
  const dir = await temporaryDir()
  await (await spoolInThree(dir)).close()
  const [first = ''] = await segments(dir)
  const [own = [], ...others] = await contents(dir)
  // As if another process had been faster for this one.
  await rename(join(dir, first), join(dir, 'put-by'))
  const heir = openSpool(dir)
  const given = await heir.recover()
  expect(given).toEqual(others.flat())
  expect(given[0]).toEqual(fakeOpening())
  await rename(join(dir, 'put-by'), join(dir, first))
  const other = openSpool(dir)
  expect(await other.recover()).toEqual(own)

  // Each stores it for itself.
  await other.remove([fakeOpening(), ...own])
  await other.close()
  await heir.remove(given.filter(({ kind }) => kind === 'event'))
  await heir.close()
  expect(await recoverAll(openSpool(dir))).toContainEqual(fakeOpening())
})

test.each(['own', 'taken over'])('copies keep no segment, be it %s', async (whose) => {
  const dir = await temporaryDir()
  let spool = await spoolInThree(dir)
  if (whose === 'taken over') {
    await spool.close()
    spool = openSpool(dir)
    expect((await spool.recover()).filter(({ kind }) => kind === 'event')).toEqual(EVENTS)
  }
  const [first = ''] = (await segments(dir)).map((file) => file.slice(25))
  await spool.remove(EVENTS)
  expect((await segments(dir)).map((file) => file.slice(25))).toEqual([first])
  await spool.close()

  const heir = openSpool(dir)
  expect((await recoverAll(heir))[0]).toEqual(fakeOpening())
  await heir.remove([fakeOpening(), ...EVENTS])
  await heir.close()
  expect(await readdir(dir)).toEqual([])
})

test('an opening that was taken over is not copied to the segments of other sessions', async () => {
  const dir = await temporaryDir()
  const left = openSpool(dir)
  await left.append([fakeOpening('left')])
  await left.close()
  const heir = openSpool(dir)
  expect(await heir.recover()).toEqual([fakeOpening('left')])
  for (const entry of [fakeOpening(), ...EVENTS]) await heir.append([entry])
  await heir.remove([fakeOpening('left')])
  await heir.close()
  // Alone, it would open a session once more that has ended.
  expect(await recoverAll(openSpool(dir))).not.toContainEqual(fakeOpening('left'))
})

test('but it precedes what is appended to its session later', async () => {
  const dir = await temporaryDir()
  const left = openSpool(dir)
  await left.append([fakeOpening('left')])
  await left.close()
  const heir = openSpool(dir)
  await heir.append([fakeOpening()])
  expect(await heir.recover()).toEqual([fakeOpening('left')])
  const end: SpoolEntry = { session: 'left', id: 'end', kind: 'end', json: '{}' }
  const snapshot: SpoolEntry = { session: 'left', id: 'snapshot', kind: 'snapshot', json: '{}' }
  await heir.append([snapshot])
  await heir.append([end])
  const own = (await contents(dir)).filter(([first]) => first?.session !== 'left')
  expect(own).toEqual([[fakeOpening(), fakeOpening('left'), snapshot, end]])
})

test('however large an opening is, a segment has room for as many events', async () => {
  const dir = await temporaryDir()
  const spool = openSpool(dir)
  const opening = fakeOpening('s', 'x'.repeat(1_000))
  for (const entry of [opening, ...fakeEvents('e', 6)]) await spool.append([entry])
  expect((await contents(dir)).map((entries) => entries.map(({ id }) => id))).toEqual([
    ['opening'],
    ['opening', 'e0000', 'e0001', 'e0002'],
    ['opening', 'e0003', 'e0004', 'e0005'],
  ])
})
