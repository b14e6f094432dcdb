import { hash, timingSafeEqual } from 'node:crypto'
import type { Log } from '../telemetry/log.ts'
import { type ApiKeyEntry, parseApiKeys, readApiKeysText } from './api-keys-file.ts'
import type { Principal } from './principal.ts'

/** The API keys in force. */
export interface ApiKeys {
  /** Whose key this is; undefined for one that is not listed. */
  find(key: string): Principal | undefined
  /** Ends the watching; the keys last read stay in force. */
  stop(): void
}

interface KnownKey {
  hash: Buffer
  principal: Principal
}

/**
 * The API keys in the file at `path`, read again whenever it changes. A file that has a fault is refused and logged,
 * and the keys before it stay in force.
 * @param everyMs how often the file is looked at
 * @throws Error with the file's faults, where it has any at the start.
 */
export async function watchApiKeys(path: string, log: Log, everyMs = 1000): Promise<ApiKeys> {
  let seen = await readApiKeysText(path)
  let known = parseApiKeys(path, seen).map(knownKey)
  let stopped = false
  let timer = later()

  // The text itself is compared: a change can leave time, size and inode as they were, and reading a page is cheap.
  async function look(): Promise<void> {
    const read = await readApiKeysText(path).catch((error: Error) => error)
    const sight = read instanceof Error ? read.message : read
    if (stopped || sight === seen) return
    seen = sight
    try {
      if (read instanceof Error) throw read
      known = parseApiKeys(path, read).map(knownKey)
      log.info(`The API keys file was read again, keys in force: ${known.length}`)
    } catch (error) {
      log.error(`The API keys file is refused, the keys before it stay in force: ${(error as Error).message}`)
    }
  }

  function later(): NodeJS.Timeout {
    const next = setTimeout(async () => {
      await look()
      if (!stopped) timer = later()
    }, everyMs)
    return next.unref()
  }

  return {
    find: (key) => findIn(known, key),
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}

const knownKey = ({ sha256, name, workspaces }: ApiKeyEntry): KnownKey => ({
  hash: Buffer.from(sha256, 'hex'),
  principal: { name, ...(workspaces && { workspaces }) },
})

// Goes on after a match, so that the time taken tells nothing about which key was close.
function findIn(known: readonly KnownKey[], key: string): Principal | undefined {
  const sought = hash('sha256', key, 'buffer')
  let found: Principal | undefined
  for (const candidate of known) {
    if (timingSafeEqual(candidate.hash, sought)) found = candidate.principal
  }
  return found
}
