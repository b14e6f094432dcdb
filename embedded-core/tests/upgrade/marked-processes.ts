import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** Processes that share a mark in their environment, which child processes inherit. Linux only. */
export interface MarkedProcesses {
  /** A setting for the first process. */
  environment: Record<string, string>
  find(): Promise<number[]>
  /** Kills all of them with -9, and those that they start meanwhile. */
  kill(): Promise<void>
  /** Resolves when none is left. */
  ended(): Promise<void>
}

export function markProcesses(): MarkedProcesses {
  const [name, value] = ['TEST_PROCESS_MARK', randomUUID()]
  const find = () => findWith(`${name}=${value}`)
  const visitUntilNone = async (visit: (pids: readonly number[]) => void) => {
    for (let pids = await find(); pids.length > 0; pids = await find()) {
      visit(pids)
      await delay(10)
    }
  }
  return {
    environment: { [name]: value },
    find,
    kill: () => visitUntilNone((pids) => signalAll(pids, 'SIGKILL')),
    ended: () => visitUntilNone(() => {}),
  }
}

export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It ended since it was found.
    }
  }
}

async function findWith(setting: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))
  const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')))
  return pids.filter((_, index) => environments[index]?.split('\0').includes(setting)).map(Number)
}
