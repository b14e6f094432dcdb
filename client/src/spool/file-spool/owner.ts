import { randomBytes } from 'node:crypto'
import { mkdir, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { errorCode } from './error-code.ts'
import { processStart } from './process-start.ts'

/** Who writes segments. Its file shows that it lives, is there before its first segment, and is touched all the time. */
export interface Owner {
  readonly id: string
  /** Shows that the owner lives; false when it was taken for dead, so that nothing more may be kept in its name. */
  touch(): Promise<boolean>
  /** Gives up whatever is still in the owner's name. */
  release(): Promise<void>
}

/** What an owner file tells. `started` is what `processStart` says, null where it says nothing. */
export interface OwnerFile {
  hostname: string
  pid: number
  started: string | null
}

const HEARTBEAT_MS = 10_000
const PATTERN = /^([0-9a-f]{24})\.owner\.json$/

/** Where the owner file of `id` is. */
export const ownerPath = (dir: string, id: string) => join(dir, `${id}.owner.json`)

/** The owner that a file name tells; undefined for a file that is no owner file. */
export const parseOwnerFile = (file: string): string | undefined => PATTERN.exec(file)?.[1]

/** Makes a new owner in `dir`, and that if it is not there. Ids never come twice and sort by age. */
export async function createOwner(dir: string): Promise<Owner> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const id = Date.now().toString(16).padStart(12, '0') + randomBytes(6).toString('hex')
  const path = ownerPath(dir, id)
  const owner: OwnerFile = {
    hostname: hostname(),
    pid: process.pid,
    started: (await processStart(process.pid)) ?? null,
  }
  try {
    await writeFile(path, JSON.stringify(owner), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
  // A beat that fails is made up for by the next one.
  const heartbeat = setInterval(() => touch(path).catch(() => {}), HEARTBEAT_MS).unref()
  return {
    id,
    touch: () => touch(path),
    async release() {
      clearInterval(heartbeat)
      await rm(path, { force: true })
    },
  }
}

async function touch(path: string): Promise<boolean> {
  const now = new Date()
  try {
    await utimes(path, now, now)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}
