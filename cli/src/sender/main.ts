import { mkdirSync } from 'node:fs'
import { appendToLog } from '../state/bounded-log.ts'
import { getFolders, toSenderLog } from '../state/folders.ts'
import { runSender } from './run-sender.ts'

/** The program that `achilles hook` starts in the background. */
const folders = getFolders(process.env)
const log = (message: string) => appendToLog(toSenderLog(folders), message)
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort())

try {
  mkdirSync(folders.state, { recursive: true, mode: 0o700 })
  await runSender({ folders, env: process.env, log, signal: stop.signal })
} catch (error) {
  log(`the sender failed: ${(error as Error).message}`)
  process.exitCode = 1
}
// Requests that were aborted may hold the process open.
process.exit()
