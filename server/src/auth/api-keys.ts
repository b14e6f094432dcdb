import { hash } from 'node:crypto'
import type { Stats } from 'node:fs'
import type { Principal } from '../http/principal.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { type ApiKeyEntry, apiKeysFileReader, describeUnsafeMode, parseApiKeys } from './api-keys-file.ts'

export interface ApiKeys {
  find(key: string): Principal | undefined
  /** Stops watching; the keys last read stay valid. */
  stop(): void
}

interface WatchOptions {
  /** Time between two reads, in milliseconds. @default 1_000 */
  everyMs?: number
  /** Limit for one read, in milliseconds. @default 5_000 */
  timeoutMs?: number
}

/**
 * Reads the file now and whenever it changes. While it is invalid or unreadable, the previous keys stay valid and the
 * error is logged once.
 * @throws Error if the file is invalid or unreadable at the start.
 */
export async function watchApiKeys(
  path: string,
  { log, metrics }: Pick<Telemetry, 'log' | 'metrics'>,
  { everyMs = 1000, timeoutMs }: WatchOptions = {},
): Promise<ApiKeys> {
  const reader = apiKeysFileReader(path, timeoutMs)
  const first = await reader.read()
  let principals = byHash(parseApiKeys(path, first.bytes))
  // Undefined while the file cannot be read.
  let lastBytes: Buffer | undefined = first.bytes
  let lastError: string | undefined
  let lastModeWarning: string | undefined
  let stopped = false
  checkMode(first.stats)
  let timer = schedule()

  // Compares the content, since a change can keep the file's time, size and inode.
  async function reload(): Promise<void> {
    const read = await reader.read().catch((error: Error) => error)
    if (stopped) return
    if (read instanceof Error) {
      lastBytes = undefined
      return reportError(read.message)
    }
    checkMode(read.stats)
    if (lastBytes?.equals(read.bytes)) return lastError === undefined ? undefined : reportError(lastError)
    lastBytes = read.bytes
    try {
      principals = byHash(parseApiKeys(path, read.bytes))
      lastError = undefined
      log.info(`The API keys file was reloaded, keys: ${principals.size}`)
    } catch (error) {
      reportError((error as Error).message)
    }
  }

  function reportError(message: string): void {
    metrics.apiKeysFileFailures.inc()
    if (message !== lastError) log.error(`The API keys file was rejected, the previous keys stay valid: ${message}`)
    lastError = message
  }

  function checkMode(stats: Stats): void {
    const warning = describeUnsafeMode(path, stats)
    if (warning !== undefined && warning !== lastModeWarning)
      log.warn(`The API keys file has an unsafe mode: ${warning}`)
    lastModeWarning = warning
  }

  function schedule(): NodeJS.Timeout {
    const next = setTimeout(async () => {
      await reload()
      if (!stopped) timer = schedule()
    }, everyMs)
    return next.unref()
  }

  return {
    find: (key) => principals.get(hash('sha256', key, 'hex')),
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

// Looking up hashes is safe against timing attacks: similar keys do not have similar hashes.
const byHash = (entries: readonly ApiKeyEntry[]): ReadonlyMap<string, Principal> =>
  new Map(entries.map(({ sha256, name, workspaces }) => [sha256, { name, ...(workspaces && { workspaces }) }]))
