import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

// Distinguishes the Core from other children, such as a compiler's.
const CORE_SCRIPT = 'embedded-core/src/child.ts'

/**
 * The process id of the embedded Core that a gateway started.
 * @throws Error if there is none, or more than one.
 */
export async function corePid(gatewayPid: number): Promise<number> {
  const pids = process.platform === 'linux' ? await childrenByProc(gatewayPid) : await childrenByPgrep(gatewayPid)
  const [pid] = pids
  if (pid === undefined || pids.length > 1) {
    throw new Error(`the gateway has ${pids.length} embedded Cores where one was expected`)
  }
  return pid
}

async function childrenByProc(parent: number): Promise<number[]> {
  const children = (await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8')).split(' ').filter(Boolean)
  const lines = await Promise.all(children.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return children.filter((_, index) => lines[index]?.includes(CORE_SCRIPT)).map(Number)
}

async function childrenByPgrep(parent: number): Promise<number[]> {
  // The exit code of pgrep reports that it found none.
  const found = await promisify(execFile)('pgrep', ['-P', String(parent), '-f', CORE_SCRIPT]).catch(() => undefined)
  return found?.stdout.split('\n').filter(Boolean).map(Number) ?? []
}
