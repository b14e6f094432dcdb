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
