import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWK,
  type JWSHeaderParameters,
} from 'jose'

/** Finds the key that a token's header names, as jose's `jwtVerify` asks for it. */
export type KeyFinder = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>

/** A token without `kid` is checked against these many keys of a set at most. */
const MAX_KEYS_WITHOUT_KID = 100

/**
 * The keys of an issuer, found by `kid`: jose's own look-up goes through all of them for each token.
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
