import { errors } from 'jose'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { createKeySet, type FetchLimits, fetchKeySet, type KeyFinder } from './key-set.ts'

/** How the issuer's keys are fetched and cached; times in milliseconds. */
export interface KeyFetching extends FetchLimits {
  /** Time after a fetch in which tokens with unknown keys cause no new one. @default 30_000 */
  cooldownMs: number
  /** Time for which keys are cached, and so for which a withdrawn key is still accepted. @default 600_000 */
  cacheMs: number
  /** Time after `cacheMs` for which the keys are still used while fetches fail. @default 86_400_000 */
  staleMs: number
  /** Time after a failed fetch in which no other is tried. @default 1_000 */
  pauseMs: number
  /** @default 5_000 */
  timeoutMs: number
  /** @default 5 MiB */
  maxBytes: number
  /** A monotonic clock. @default performance.now */
  now: () => number
}

export const KEY_FETCHING: KeyFetching = {
  cooldownMs: 30_000,
  cacheMs: 600_000,
  staleMs: 86_400_000,
  pauseMs: 1_000,
  timeoutMs: 5_000,
  maxBytes: 5 * 1024 * 1024,
  now: () => performance.now(),
}

/** No matching key is cached, and the issuer's keys cannot be fetched. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
}

/**
 * The keys of the issuer at `url`, fetched when first needed. At most one fetch is in flight; an outage is logged once.
 * jose's remote key set is not used: it measures intervals with the wall clock and drops its keys in an outage.
 * @throws KeysUnavailable, or jose's error if no key matches the header.
 */
export function createIssuerKeys(
  url: string,
  { log, metrics }: Pick<Telemetry, 'log' | 'metrics'>,
  { now, cooldownMs, cacheMs, staleMs, pauseMs, ...limits }: KeyFetching,
): KeyFinder {
  let keys: KeyFinder | undefined
  let fetchedAt = Number.NEGATIVE_INFINITY
  let failedAt: number | undefined
  let pending: Promise<KeyFinder> | undefined

  async function fetchKeys(): Promise<KeyFinder> {
    try {
      keys = createKeySet(await fetchKeySet(url, limits))
      fetchedAt = now()
      metrics.tokenKeyFetches.inc({ result: 'success' })
      if (failedAt !== undefined) log.info('The keys of the token issuer can be fetched again')
      failedAt = undefined
      return keys
    } catch (err) {
      metrics.tokenKeyFetches.inc({ result: 'failure' })
      if (failedAt === undefined) log.error({ err }, 'The keys of the token issuer cannot be fetched')
      failedAt = now()
      throw new KeysUnavailable('the fetch failed', { cause: err })
    }
  }

  async function refresh(): Promise<KeyFinder> {
    if (!pending) {
      if (failedAt !== undefined && now() - failedAt < pauseMs) throw new KeysUnavailable('a fetch failed just now')
      pending = fetchKeys().finally(() => {
        pending = undefined
      })
    }
    return pending
  }

  async function usableKeys(): Promise<KeyFinder> {
    const age = now() - fetchedAt
    if (!keys || age >= cacheMs + staleMs) return refresh()
    if (age < cacheMs) return keys
    const staleKeys = keys
    const refreshed = refresh().catch(() => {
      metrics.staleTokenKeysUsed.inc()
      return staleKeys
    })
    // Callers wait for the refresh only while the issuer is not known to be down.
    return failedAt === undefined ? refreshed : staleKeys
  }

  return async (header, token) => {
    const usable = await usableKeys()
    try {
      return await usable(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || now() - fetchedAt < cooldownMs) throw error
      return (await refresh())(header, token)
    }
  }
}
