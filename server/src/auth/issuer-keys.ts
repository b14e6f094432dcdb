import { errors } from 'jose'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { createKeySet, type FetchLimits, fetchKeySet, type KeyFinder } from './key-set.ts'

export interface KeyFetching extends FetchLimits {
  /** Time after a fetch in which an unknown key causes no new fetch. */
  cooldownMs: number
  /** How long keys are cached, and so how long a withdrawn key is accepted. */
  cacheMs: number
  /** How long after `cacheMs` the keys are still used while fetches fail. */
  staleMs: number
  /** Time between a failed fetch and the next one. */
  pauseMs: number
  timeoutMs: number
  maxBytes: number
  /** A monotonic clock. */
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
 * Fetches the keys on first use; at most one fetch is in flight. Replaces jose's remote key set, which measures
 * intervals with the wall clock and drops its keys in an outage.
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
