import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWK,
  type JWSHeaderParameters,
} from 'jose'

/** The key argument of jose's `jwtVerify`. */
export type KeyFinder = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>

/** How many keys of a set are considered for a token without `kid`. */
const MAX_KEYS_WITHOUT_KID = 100

/**
 * Indexes the keys by `kid`, since jose scans all of them for each token.
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

/** @throws Error as `fetchJson`, or if the response is not a JSON Web Key Set (RFC 7517). */
export async function fetchKeySet(url: string, limits: FetchLimits): Promise<JSONWebKeySet> {
  const keySet = (await fetchJson(url, limits)) as JSONWebKeySet
  // Throws if this is not a key set.
  createLocalJWKSet(keySet)
  return keySet
}

export interface FetchLimits {
  /** For the complete response. */
  timeoutMs: number
  /** For the decompressed body. */
  maxBytes: number
}

/** Does not follow redirects. @throws Error if the response is not a 200, too large, too late or not JSON. */
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
    // The parser's message quotes the text.
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
