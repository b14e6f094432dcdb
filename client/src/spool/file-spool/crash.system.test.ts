import { readdir } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { SpoolEntry } from '../spool.ts'
import { fileSpool } from './file-spool.ts'
import { spoolProcess } from './testing/spool-process.ts'
import { fakeEvents, recoverAll } from './testing/spooled-events.ts'
import { temporaryDir } from './testing/temporary-dir.ts'

function openSpool(dir: string) {
  const spool = fileSpool(dir)
  onTestFinished(() => spool.close())
  return spool
}

test('what a process kept is safe from others while it lives, and theirs at once when it is killed', async () => {
  const dir = await temporaryDir()
  const killed = await spoolProcess(dir)
  const events = fakeEvents('e', 40)
  await Promise.all(events.map((event) => killed.append([event])))
  const spool = openSpool(dir)
  expect(await spool.recover()).toEqual([])
  await killed.kill()
  expect(await spool.recover()).toEqual(events)
})

test('a process killed in the midst of writing leaves at least all it had answered for', async () => {
  const dir = await temporaryDir()
  const killed = await spoolProcess(dir)
  let answered = 0
  const events = fakeEvents('e', 5_000)
  for (const event of events) killed.append([event]).then(() => answered++)
  await expect.poll(() => answered, { interval: 1 }).toBeGreaterThan(100)
  await killed.kill()
  const recovered = await recoverAll(openSpool(dir))
  expect(recovered.length).toBeGreaterThanOrEqual(answered)
  expect(recovered).toEqual(events.slice(0, recovered.length))
})

test('of several processes that recover at once each event goes to exactly one', async () => {
  const dir = await temporaryDir()
  const runs = ['a', 'b', 'c', 'd']
  const dead = await Promise.all(runs.map(() => spoolProcess(dir)))
  await Promise.all(
    dead.flatMap((run, index) => fakeEvents(runs[index] ?? '', 100).map((event) => run.append([event]))),
  )
  await Promise.all(dead.map((run) => run.kill()))

  const heirs = await Promise.all(runs.map(() => spoolProcess(dir)))
  const given = await Promise.all(heirs.map((heir) => heir.recoverAll()))
  const ids = given.flat().map(({ id }) => id)
  expect(ids.sort()).toEqual(runs.flatMap((run) => fakeEvents(run, 100).map(({ id }) => id)))

  // Heirs that are killed in turn leave what was given to them.
  await Promise.all(heirs.map((heir) => heir.kill()))
  const last = openSpool(dir)
  expect(await recoverAll(last)).toHaveLength(400)
  await last.remove(given.flat())
  await last.close()
  expect(await readdir(dir)).toEqual([])
})

test.skipIf(process.platform === 'win32')('where a file may grow no more, an append is refused whole', async () => {
  const dir = await temporaryDir()
  // In blocks of 512 bytes or of 1024, as the shell has it.
  const limited = await spoolProcess(dir, ['sh', '-c', 'ulimit -f 1024 && exec "$@"', 'sh'])
  const huge: SpoolEntry = { session: 's', id: 'huge', kind: 'event', json: JSON.stringify({ x: 'x'.repeat(2 ** 20) }) }
  await limited.append(fakeEvents('a', 2))
  await expect(limited.append([...fakeEvents('b', 2), huge])).rejects.toThrow(`cannot keep events in ${dir}: EFBIG`)
  await limited.append(fakeEvents('c', 2))
  await limited.kill()
  expect(await recoverAll(openSpool(dir))).toEqual([...fakeEvents('a', 2), ...fakeEvents('c', 2)])
})
