import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWK,
  type JWSHeaderParameters,
} from 'jose'

/** Finds the key for a token's header; the key argument of jose's `jwtVerify`. */
export type KeyFinder = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>

/** The most keys of a set that are considered for a token without `kid`. */
const MAX_KEYS_WITHOUT_KID = 100

/**
 * Indexes an issuer's keys by `kid`, because jose's own lookup scans all of them for each token.
 * @throws JWKSNoMatchingKey, or JWKSMultipleMatchingKeys with the keys to try.
 */
export function createKeySet({ keys }: JSONWebKeySet): KeyFinder {
  const groups = new Map<string, JWK[]>()
  for (const key of keys) {
    if (typeof key.kid !== 'string') continue
    const group = groups.get(key.kid)
    if (group) group.push(key)
    else groups.set(key.kid, [key])
  }
  const finders = new Map<string, KeyFinder>()
  const withoutKid = createLocalJWKSet({ keys: keys.slice(0, MAX_KEYS_WITHOUT_KID) })

  return async (header, token) => {
    const { kid } = header
    if (kid === undefined) return withoutKid(header, token)
    const known = finders.get(kid)
    if (known) return known(header, token)
    const group = groups.get(kid)
    if (!group) throw new errors.JWKSNoMatchingKey()
    const finder = createLocalJWKSet({ keys: group })
    finders.set(kid, finder)
    return finder(header, token)
  }
}

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

export interface FetchLimits {
  /** Limit for the complete response, in milliseconds. */
  timeoutMs: number
  /** Limit for the decompressed body, in bytes. */
  maxBytes: number
}

/**
 * Fetches a JSON document. Redirects are not followed.
 * @throws Error if the response has another status than 200, is too large, too late or not JSON.
 */
export async function fetchJson(url: string, { timeoutMs, maxBytes }: FetchLimits): Promise<unknown> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`the response has status ${response.status}`)
  }
  const bytes = await readLimited(response, maxBytes)
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    // Not the parser's message, since it quotes the text.
    throw new Error('the response is not JSON')
  }
}

async function readLimited({ body }: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  // An error thrown in the loop cancels the body and closes the connection.
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`the response is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
