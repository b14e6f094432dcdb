import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { type FetchLimits, fetchJson } from './fetch-json.ts'

/**
 * Fetches a JSON Web Key Set (RFC 7517).
 * @throws Error where the response is not 200, too large, too late or no key set.
 */
export async function fetchKeySet(url: string, limits: FetchLimits): Promise<JSONWebKeySet> {
  const keySet = (await fetchJson(url, limits)) as JSONWebKeySet
  // Throws for what is no key set.
  createLocalJWKSet(keySet)
  return keySet
}
