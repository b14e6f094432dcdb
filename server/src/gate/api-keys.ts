import { hash } from 'node:crypto'
import type { Stats } from 'node:fs'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { type ApiKeyEntry, apiKeysFileReader, findModeFault, parseApiKeys } from './api-keys-file.ts'
import type { Principal } from './principal.ts'

/** The API keys in force. */
export interface ApiKeys {
  /** Whose key this is; undefined for one that is not listed. */
  find(key: string): Principal | undefined
  /** Ends the watching; the keys last read stay in force. */
  stop(): void
}

/** How the file is watched, in milliseconds. */
interface Watching {
  /** The pause between two looks at the file. @default 1_000 */
  everyMs?: number
  /** How long a look may take. @default 5_000 */
  timeoutMs?: number
}

/**
 * The API keys in the file at `path`, read again whenever it changes. While the file has a fault, which is logged once,
 * the keys before it stay in force.
 * @throws Error with the file's faults, where it has any at the start.
 */
export async function watchApiKeys(
  path: string,
  { log, metrics }: Pick<Telemetry, 'log' | 'metrics'>,
  { everyMs = 1000, timeoutMs }: Watching = {},
): Promise<ApiKeys> {
  const reader = apiKeysFileReader(path, timeoutMs)
  const first = await reader.read()
  let known = byHash(parseApiKeys(path, first.bytes))
  // Absent while the file cannot be read.
  let seen: Buffer | undefined = first.bytes
  let fault: string | undefined
  let tooOpen: string | undefined
  let stopped = false
  warnOfMode(first.stats)
  let timer = later()

  // The content itself is compared: a change can leave time, size and inode as they were, and reading a page is cheap.
  async function look(): Promise<void> {
    const read = await reader.read().catch((error: Error) => error)
    if (stopped) return
    if (read instanceof Error) {
      seen = undefined
      return fail(read.message)
    }
    warnOfMode(read.stats)
    if (seen?.equals(read.bytes)) return fault === undefined ? undefined : fail(fault)
    seen = read.bytes
    try {
      known = byHash(parseApiKeys(path, read.bytes))
      fault = undefined
      log.info(`The API keys file was read again, keys in force: ${known.size}`)
    } catch (error) {
      fail((error as Error).message)
    }
  }

  function fail(message: string): void {
    metrics.apiKeysFileFailures.inc()
    if (message !== fault) log.error(`The API keys file is rejected, the keys before it stay in force: ${message}`)
    fault = message
  }

  function warnOfMode(stats: Stats): void {
    const found = findModeFault(path, stats)
    if (found !== undefined && found !== tooOpen) log.warn(`The API keys file has an unsafe mode: ${found}`)
    tooOpen = found
  }

  function later(): NodeJS.Timeout {
    const next = setTimeout(async () => {
      await look()
      if (!stopped) timer = later()
    }, everyMs)
    return next.unref()
  }

  return {
    find: (key) => known.get(hash('sha256', key, 'hex')),
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

// A look-up by hash takes the same time for all keys, and reveals nothing of one that is close: its hash is not close.
const byHash = (entries: readonly ApiKeyEntry[]): ReadonlyMap<string, Principal> =>
  new Map(entries.map(({ sha256, name, workspaces }) => [sha256, { name, ...(workspaces && { workspaces }) }]))
