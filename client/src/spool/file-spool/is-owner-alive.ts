import { readFile, stat } from 'node:fs/promises'
import { hostname, uptime } from 'node:os'
import { errorCode } from './error-code.ts'
import { type OwnerFile, ownerPath } from './owner.ts'
import { processStart } from './process-start.ts'

const SILENT_MS = 60_000

/**
 * Whether an owner may still write. On this host its process tells, at once; on another, or when its file cannot be read,
 * it is dead once it has not touched its file for 60 s.
 */
export async function isOwnerAlive(dir: string, id: string): Promise<boolean> {
  const path = ownerPath(dir, id)
  try {
    const owner = parse(await readFile(path, 'utf8').catch(emptyUnlessMissing))
    const touched = (await stat(path)).mtimeMs
    if (owner?.hostname !== hostname()) return Date.now() - touched < SILENT_MS
    return isSameProcess(owner, touched)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}

function emptyUnlessMissing(error: unknown): string {
  if (errorCode(error) === 'ENOENT') throw error
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
  const start = await processStart(pid)
  if (start !== undefined && started !== null) return start === started
  // Where nothing tells a reused pid, at least none outlives a reboot.
  return touched > Date.now() - uptime() * 1000
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return errorCode(error) !== 'ESRCH'
  }
}
