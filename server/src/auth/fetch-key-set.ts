import { createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { type FetchLimits, fetchJson } from './fetch-json.ts'

/**
 * Fetches a JSON Web Key Set (RFC 7517).
 * @throws Error as `fetchJson`, or if the response is not a key set.
 */
export async function fetchKeySet(url: string, limits: FetchLimits): Promise<JSONWebKeySet> {
  const keySet = (await fetchJson(url, limits)) as JSONWebKeySet
  // Only called because it throws if this is not a key set.
  createLocalJWKSet(keySet)
  return keySet
}
