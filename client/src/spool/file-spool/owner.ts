import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname, uptime } from 'node:os'
import { join } from 'node:path'
import { getErrorCode } from './file-system.ts'

/** A writer of segments. Its owner file, created before its first segment, is touched to show that it is alive. */
export interface Owner {
  readonly id: string
  /** False if another process considered this owner dead; it must not write any more. */
  touch(): Promise<boolean>
  /** Leaves the remaining segments to other owners. */
  release(): Promise<void>
}

/** `started` is the result of `getProcessStart`; null if that is undefined. */
export interface OwnerFile {
  hostname: string
  pid: number
  started: string | null
}

const HEARTBEAT_MS = 10_000
const SILENT_MS = 60_000
const PATTERN = /^([0-9a-f]{24})\.owner\.json$/

export const getOwnerPath = (dir: string, id: string) => join(dir, `${id}.owner.json`)

/** The id in the name of an owner file; undefined for other files. */
export const parseOwnerFile = (file: string): string | undefined => PATTERN.exec(file)?.[1]

/** Creates `dir` if missing. Ids are unique and sort by age. */
export async function createOwner(dir: string): Promise<Owner> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const id = Date.now().toString(16).padStart(12, '0') + randomBytes(6).toString('hex')
  const path = getOwnerPath(dir, id)
  const owner: OwnerFile = {
    hostname: hostname(),
    pid: process.pid,
    started: (await getProcessStart(process.pid)) ?? null,
  }
  try {
    await writeFile(path, JSON.stringify(owner), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
  // The next heartbeat makes up for a failed one.
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
    if (getErrorCode(error) === 'ENOENT') return false
    throw error
  }
}

/** An owner on this host is alive as long as its process; any other, until its file is untouched for 60 s. */
export async function isOwnerAlive(dir: string, id: string): Promise<boolean> {
  const path = getOwnerPath(dir, id)
  try {
    const owner = parse(await readFile(path, 'utf8').catch(emptyUnlessMissing))
    const touched = (await stat(path)).mtimeMs
    if (owner?.hostname !== hostname()) return Date.now() - touched < SILENT_MS
    return isSameProcess(owner, touched)
  } catch (error) {
    if (getErrorCode(error) === 'ENOENT') return false
    throw error
  }
}

function emptyUnlessMissing(error: unknown): string {
  if (getErrorCode(error) === 'ENOENT') throw error
  return ''
}

function parse(text: string): OwnerFile | undefined {
  try {
    const owner = JSON.parse(text) as OwnerFile | null
    return owner && Number.isInteger(owner.pid) && owner.pid > 0 ? owner : undefined
  } catch {
    return undefined
  }
}

async function isSameProcess({ pid, started }: OwnerFile, touched: number): Promise<boolean> {
  if (!isRunning(pid)) return false
  const start = await getProcessStart(pid)
  if (start !== undefined && started !== null) return start === started
  // A reused pid cannot be detected here, but no owner survives a reboot.
  return touched > Date.now() - uptime() * 1000
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return getErrorCode(error) !== 'ESRCH'
  }
}

/** Distinguishes processes with the same pid, also across reboots; `ended` for a zombie. Undefined except on Linux. */
export async function getProcessStart(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined
  try {
    const [boot, stat] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ])
    // The second field, the program's name in parentheses, may contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, start] = [fields[0], fields[19]]
    return state === 'Z' || state === 'X' ? 'ended' : `${boot.trim()} ${start}`
  } catch {
    return undefined
  }
}
