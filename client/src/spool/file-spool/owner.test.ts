import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { fileSpool } from './file-spool.ts'
import { getProcessStart, isOwnerAlive, type OwnerFile } from './owner.ts'
import { parseSegmentFile, toSegmentFile } from './segment.ts'
import { fakeEvents, fakeOpening, recoverAll } from './testing/spooled-events.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

const onLinux = process.platform === 'linux'
const DEAD = '0'.repeat(24)

// No owner touches its file but where a test says so: on a busy machine a test may take longer than ten seconds.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})

afterEach(() => {
  vi.useRealTimers()
})

function openSpool(dir: string) {
  const spool = fileSpool(dir, { segmentBytes: 300 })
  onTestFinished(() => spool.close())
  return spool
}

/** The file of the only owner in `dir`. */
async function ownerFile(dir: string) {
  const files = (await readdir(dir)).filter((name) => name.endsWith('.owner.json'))
  expect(files).toHaveLength(1)
  return join(dir, files[0] ?? '')
}

async function changeOwner(path: string, change: Partial<OwnerFile>, touchedSecondsAgo = 0) {
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...change }))
  await setAge(path, touchedSecondsAgo)
}

async function setAge(path: string, seconds: number) {
  const time = new Date(Date.now() - seconds * 1000)
  await utimes(path, time, time)
}

test('an owner on another host is dead once it has been silent for a minute', async () => {
  const dir = await temporaryDir()
  await openSpool(dir).append(fakeEvents('a', 2))
  const owner = await ownerFile(dir)
  const heir = openSpool(dir)
  // Far enough from a minute for a machine on which the next step takes long.
  await changeOwner(owner, { hostname: 'elsewhere' }, 10)
  expect(await heir.recover()).toEqual([])
  await setAge(owner, 61)
  expect(await heir.recover()).toEqual(fakeEvents('a', 2))
})

test.each(['', '{"host', 'null', '{}'])('so is one whose file says %j', async (text) => {
  const dir = await temporaryDir()
  await openSpool(dir).append(fakeEvents('a', 2))
  await writeFile(await ownerFile(dir), text)
  const owner = await ownerFile(dir)
  const heir = openSpool(dir)
  expect(await heir.recover()).toEqual([])
  await setAge(owner, 61)
  expect(await heir.recover()).toEqual(fakeEvents('a', 2))
})

test('an owner touches its file every ten seconds', async () => {
  const dir = await temporaryDir()
  const spool = openSpool(dir)
  await spool.append(fakeEvents('a', 1))
  const path = await ownerFile(dir)
  for (const _ of [1, 2]) {
    await setAge(path, 1_000)
    vi.advanceTimersByTime(10_000)
    await expect.poll(async () => Date.now() - (await stat(path)).mtimeMs).toBeLessThan(60_000)
  }
  await spool.close()
  expect(vi.getTimerCount()).toBe(0)
})

test.skipIf(!onLinux)('a pid that another process has by now is no life', async () => {
  const dir = await temporaryDir()
  await openSpool(dir).append(fakeEvents('a', 2))
  const owner = await ownerFile(dir)
  const heir = openSpool(dir)
  expect(await heir.recover()).toEqual([])
  const { started } = JSON.parse(await readFile(owner, 'utf8')) as OwnerFile
  await changeOwner(owner, { started: `${started}1` })
  expect(await heir.recover()).toEqual(fakeEvents('a', 2))
})

test('where a start cannot be told, a running pid is life until the next reboot', async () => {
  const dir = await temporaryDir()
  await openSpool(dir).append(fakeEvents('a', 2))
  const owner = await ownerFile(dir)
  const heir = openSpool(dir)
  await changeOwner(owner, { started: null }, 61)
  expect(await heir.recover()).toEqual([])
  await setAge(owner, 100 * 365 * 86_400)
  expect(await heir.recover()).toEqual(fakeEvents('a', 2))
})

test.skipIf(!onLinux)('a zombie is dead', async () => {
  const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(parent, 'exit')
  onTestFinished(async () => {
    parent.kill('SIGKILL')
    await ended
  })
  const [pid] = await once(createInterface({ input: parent.stdout }), 'line')
  // A process that is stopped reaps no child, whatever its shell does otherwise.
  parent.kill('SIGSTOP')
  await expect.poll(async () => (await readFile(`/proc/${parent.pid}/stat`, 'utf8')).split(' ')[2]).toBe('T')
  process.kill(Number(pid), 'SIGKILL')
  await expect.poll(() => getProcessStart(Number(pid))).toBe('ended')
  const dir = await temporaryDir()
  await openSpool(dir).append(fakeEvents('a', 1))
  const owner = await ownerFile(dir)
  await changeOwner(owner, { pid: Number(pid) })
  expect(await isOwnerAlive(dir, basename(owner).slice(0, 24))).toBe(false)
})

test('an owner taken for dead while it lives loses nothing, then goes on under another name', async () => {
  const dir = await temporaryDir()
  const slow = openSpool(dir)
  await slow.append(fakeEvents('a', 1))
  await changeOwner(await ownerFile(dir), { hostname: 'elsewhere' }, 61)
  const heir = openSpool(dir)
  expect(await recoverAll(heir)).toEqual(fakeEvents('a', 1))
  await slow.append(fakeEvents('b', 1))
  await slow.append(fakeEvents('c', 1))
  expect(await recoverAll(heir)).toEqual([])
  await slow.remove(fakeEvents('a', 1))
  await slow.close()
  expect(await recoverAll(heir)).toEqual([...fakeEvents('b', 1), ...fakeEvents('c', 1)])
})

test('so does one that kept nothing just then', async () => {
  const dir = await temporaryDir()
  const slow = openSpool(dir)
  await slow.append(fakeEvents('a', 1))
  await slow.remove(fakeEvents('a', 1))
  await changeOwner(await ownerFile(dir), { hostname: 'elsewhere' }, 61)
  const heir = openSpool(dir)
  expect(await recoverAll(heir)).toEqual([])
  await slow.append(fakeEvents('b', 1))
  expect(await recoverAll(heir)).toEqual([])
})

test('so does one whose directory is swept away under it', async () => {
  const parent = await temporaryDir()
  const dir = join(parent, 'spool')
  const spool = openSpool(dir)
  await spool.append(fakeEvents('a', 1))
  await rename(dir, join(parent, 'gone'))
  await spool.append(fakeEvents('b', 1))
  await spool.close()
  expect(await recoverAll(openSpool(dir))).toEqual(fakeEvents('b', 1))
})

test('what an owner taken for dead keeps under another name begins with its opening', async () => {
  const dir = await temporaryDir()
  const slow = openSpool(dir)
  await slow.append([fakeOpening(), ...fakeEvents('a', 1)])
  await changeOwner(await ownerFile(dir), { hostname: 'elsewhere' }, 61)
  const heir = openSpool(dir)
  expect(await recoverAll(heir)).toEqual([fakeOpening(), ...fakeEvents('a', 1)])
  await slow.append(fakeEvents('b', 1))
  await slow.close()
  expect(await recoverAll(openSpool(dir))).toEqual([fakeOpening(), ...fakeEvents('b', 1)])
})

test('an heir that died half-way leaves all to the next, however far it came', async () => {
  const events = fakeEvents('a', 9)
  for (let taken = 0; taken <= 3; taken++) {
    const dir = await temporaryDir()
    const spool = openSpool(dir)
    for (const event of events) await spool.append([event])
    const owner = await readFile(await ownerFile(dir), 'utf8')
    await spool.close()
    const dead = JSON.stringify({ ...(JSON.parse(owner) as OwnerFile), pid: 2 ** 22 + 1 })
    const files = (await readdir(dir)).sort()
    expect(files).toHaveLength(3)
    await writeFile(join(dir, `${files[0]?.slice(0, 24)}.owner.json`), dead)
    await writeFile(join(dir, `${DEAD}.owner.json`), dead)
    for (const file of files.slice(0, taken)) {
      const name = parseSegmentFile(file)
      if (name) await rename(join(dir, file), join(dir, toSegmentFile({ ...name, owner: DEAD })))
    }
    const heir = openSpool(dir)
    expect(await recoverAll(heir), `${taken} taken`).toEqual(events)
    await heir.remove(events)
    await heir.close()
    expect(await readdir(dir), 'owner files of the dead').toEqual([])
  }
})
