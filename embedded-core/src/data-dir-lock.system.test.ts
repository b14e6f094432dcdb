import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { isDataDirInUse, lockDataDir } from './data-dir-lock.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'

const folder = await temporaryFolder()
const holders: ChildProcess[] = []
let dataDir: string
let count = 0

beforeEach(async () => {
  dataDir = join(folder.path, String(count++))
  await mkdir(dataDir)
})
afterEach(() => {
  for (const holder of holders.splice(0)) holder.kill('SIGKILL')
})
afterAll(() => folder.remove())

/** A process that takes the lock, then prints `held` and sleeps. */
async function holdInAnotherProcess(): Promise<ChildProcess> {
  const script = `
    import { lockDataDir } from ${JSON.stringify(new URL('./data-dir-lock.ts', import.meta.url).href)}
    process.chdir(${JSON.stringify(dataDir)})
    await lockDataDir(process.cwd())
    console.log('held')
    setInterval(() => {}, 60_000)`
  const holder = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  holders.push(holder)
  await once(createInterface({ input: holder.stdout }), 'line')
  return holder
}

test('a lock of another process is rejected, and free as soon as that process is killed', async () => {
  const holder = await holdInAnotherProcess()
  await expect(lockDataDir(dataDir, { waitMs: 300 })).rejects.toThrow(
    `the data directory ${dataDir} is in use by process ${holder.pid}, another process`,
  )
  // A process that hangs still holds it.
  holder.kill('SIGSTOP')
  await expect(lockDataDir(dataDir, { waitMs: 0 })).rejects.toSatisfy(isDataDirInUse)
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const lock = await lockDataDir(dataDir, { waitMs: 0 })
  expect(await readdir(dataDir)).toHaveLength(2)
  await lock.release()
  expect(await readdir(dataDir)).toEqual([])
})

test('of many processes that find a dead lock at once, one at a time holds it', async () => {
  const holder = await holdInAnotherProcess()
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  let holding = 0
  let most = 0
  let times = 0
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      const lock = await lockDataDir(dataDir, { waitMs: 60_000 })
      most = Math.max(most, ++holding)
      times++
      await new Promise(setImmediate)
      holding--
      await lock.release()
    }),
  )
  expect({ most, times, left: await readdir(dataDir) }).toEqual({ most: 1, times: 12, left: [] })
})

test('a missing directory is an error, not a wait', async () => {
  await expect(lockDataDir(join(dataDir, 'none'))).rejects.toThrow(/^cannot lock the data directory .*none: ENOENT/)
})
