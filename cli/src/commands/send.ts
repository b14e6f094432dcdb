import { mkdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { runSender } from '../sender/run-sender.ts'
import type { Environment, Folders } from '../state/folders.ts'
import { toLockFile } from '../state/folders.ts'
import { readLock } from '../state/sender-lock.ts'
import { getStatus, type Status } from './get-status.ts'

export interface SendContext {
  folders: Folders
  env: Environment
  log: (message: string) => void
}

/**
 * Sends what is pending, or waits until the sender that runs has done so.
 * @param timeoutMs how long to try
 * @returns the status after that
 */
export async function send(timeoutMs: number, { folders, env, log }: SendContext): Promise<Status> {
  mkdirSync(folders.state, { recursive: true, mode: 0o700 })
  const deadline = performance.now() + timeoutMs
  const signal = AbortSignal.timeout(timeoutMs)
  do {
    if (readLock(toLockFile(folders))) await delay(200, undefined, { signal }).catch(() => {})
    else await runSender({ folders, env, log, signal, timings: { idleMs: 0, pollMs: 50, awayMs: timeoutMs } })
  } while (getStatus(folders).pending > 0 && performance.now() < deadline)
  return getStatus(folders)
}
