import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type FileSpoolOptions, fileSpool } from './file-spool.ts'
import { spoolProcess } from './testing/spool-process.ts'
import { fakeEvents, recoverAll } from './testing/spooled-events.ts'
import { temporaryDir } from './testing/temporary-dir.ts'
import { canMount, fillUp, setReadOnly, tmpfs } from './testing/tmpfs.ts'

function openSpool(dir: string, options?: FileSpoolOptions) {
  const spool = fileSpool(dir, options)
  onTestFinished(() => spool.close())
  return spool
}

const ids = (events: { id: string }[]) => events.map(({ id }) => id)
const segments = async (dir: string) => (await readdir(dir)).filter((file) => file.endsWith('.jsonl'))

/** A run that was killed, and what it had kept. */
async function killedRun(dir: string, count: number) {
  const killed = await spoolProcess(dir)
  const events = fakeEvents('left', count)
  // One at a time, so that they fill several files.
  for (const event of events) await killed.append([event])
  await killed.kill()
  return events
}

describe.skipIf(!canMount)('a full disk', () => {
  test('refuses an append whole, and takes later ones once there is room', async () => {
    const dir = tmpfs('160k')
    const spool = openSpool(dir, { segmentBytes: 16_384 })
    await spool.append(fakeEvents('a', 50))
    await expect(spool.append(fakeEvents('b', 2_000))).rejects.toThrow(`cannot keep events in ${dir}: ENOSPC`)
    await spool.append(fakeEvents('c', 50))
    await spool.remove(fakeEvents('a', 50))
    await spool.close()
    expect(await recoverAll(openSpool(dir))).toEqual(fakeEvents('c', 50))
  })

  test('hides nothing that an earlier run left; removing it makes room', async () => {
    const dir = tmpfs('160k')
    const left = await killedRun(dir, 40)
    fillUp(dir)
    const heir = openSpool(dir)
    expect(await heir.recover()).toEqual(left)
    await expect(heir.recover()).rejects.toThrow(`cannot recover events from ${dir}: ENOSPC`)
    await expect(heir.append(fakeEvents('a', 1))).rejects.toThrow(`cannot keep events in ${dir}: ENOSPC`)
    await heir.remove(left)
    expect(await segments(dir)).toEqual([])
    await heir.append(fakeEvents('a', 1))
    expect(await heir.recover()).toEqual([])
  })

  test('gives what was read where it is to the next run, if it was not removed', async () => {
    const dir = tmpfs('160k')
    const left = await killedRun(dir, 40)
    fillUp(dir)
    const reader = openSpool(dir)
    expect(await reader.recover()).toEqual(left)
    await reader.remove(left.slice(0, 20))
    await reader.close()
    await rm(join(dir, 'filler'))
    const heir = openSpool(dir)
    const given = await recoverAll(heir)
    expect(ids(given)).toEqual(expect.arrayContaining(ids(left.slice(20))))
    await heir.remove(left)
    await heir.close()
    expect(await readdir(dir)).toEqual([])
  })

  test('that becomes read-only still gives what it holds, and names the fault of each write', async () => {
    const dir = tmpfs('160k')
    const left = await killedRun(dir, 3)
    setReadOnly(dir, true)
    const heir = openSpool(dir)
    expect(await heir.recover()).toEqual(left)
    await expect(heir.recover()).rejects.toThrow(`cannot recover events from ${dir}: EROFS`)
    await expect(heir.append(fakeEvents('a', 1))).rejects.toThrow(`cannot keep events in ${dir}: EROFS`)
    await expect(heir.remove(left)).rejects.toThrow(`cannot remove events from ${dir}: EROFS`)
    setReadOnly(dir, false)
    await heir.append(fakeEvents('a', 1))
    // What could not be unlinked then is now.
    await heir.remove([])
    expect(await segments(dir)).toHaveLength(1)
  })
})

test('one file that cannot be unlinked keeps no other', async () => {
  const dir = await temporaryDir()
  const spool = openSpool(dir, { segmentBytes: 1 })
  for (const event of fakeEvents('e', 3)) await spool.append([event])
  const [first = ''] = await segments(dir)
  await rm(join(dir, first))
  await mkdir(join(dir, first, 'in-the-way'), { recursive: true })
  await expect(spool.remove(fakeEvents('e', 3))).rejects.toThrow(`cannot remove events from ${dir}: `)
  expect(await segments(dir)).toEqual([first])
  await rm(join(dir, first), { recursive: true })
  await spool.remove([])
  expect(await segments(dir)).toEqual([])
})

test.skipIf(process.platform === 'win32')(
  'without a free descriptor it refuses, and goes on once there is one',
  async () => {
    const dir = await temporaryDir()
    const left = await killedRun(dir, 3)
    const starved = await spoolProcess(dir, ['sh', '-c', 'ulimit -n 512 && exec "$@"', 'sh'])
    await starved.takeDescriptors()
    await expect(starved.append(fakeEvents('a', 1))).rejects.toThrow(`cannot keep events in ${dir}: EMFILE`)
    await expect(starved.recoverAll()).rejects.toThrow(`cannot recover events from ${dir}: EMFILE`)
    await starved.freeDescriptors()
    expect(await starved.recoverAll()).toEqual(left)
    await starved.append(fakeEvents('a', 1))
    await starved.kill()
    expect(ids(await recoverAll(openSpool(dir)))).toEqual([...ids(left), 'a0000'])
  },
)

test('an owner’s file that cannot be read is judged by its age, as one that says nothing is', async () => {
  const dir = await temporaryDir()
  const left = await killedRun(dir, 3)
  const [owner = ''] = (await readdir(dir)).filter((file) => file.endsWith('.owner.json'))
  await rm(join(dir, owner))
  await mkdir(join(dir, owner))
  const heir = openSpool(dir)
  expect(await heir.recover()).toEqual([])
  const longAgo = new Date(Date.now() - 600_000)
  await utimes(join(dir, owner), longAgo, longAgo)
  expect(await heir.recover()).toEqual(left)
})

test('files of other programs are left alone', async () => {
  const dir = await temporaryDir()
  const others = ['notes.jsonl', 'x.owner.json', `${'0'.repeat(24)}.jsonl`, '.DS_Store', 'events.jsonl.gz']
  for (const file of others) await writeFile(join(dir, file), 'not ours\n')
  const spool = openSpool(dir)
  expect(await spool.recover()).toEqual([])
  await spool.append(fakeEvents('a', 1))
  await spool.remove(fakeEvents('a', 1))
  await spool.close()
  expect((await readdir(dir)).sort()).toEqual(others.sort())
})

test('a callback that throws, or rejects, changes nothing', async () => {
  for (const onDamage of [
    () => {
      throw new Error('a fault of theirs')
    },
    () => Promise.reject(new Error('a fault of theirs')),
  ]) {
    const dir = await temporaryDir()
    const left = fileSpool(dir)
    await left.append(fakeEvents('a', 1))
    await left.close()
    const [segment = ''] = await segments(dir)
    await writeFile(join(dir, segment), 'damage\n', { flag: 'a' })
    expect(await openSpool(dir, { onDamage }).recover()).toEqual(fakeEvents('a', 1))
  }
})
