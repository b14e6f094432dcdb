import { fetchKeySet } from '../../gate/fetch-key-set.ts'
import { KEY_FETCHING } from '../../gate/issuer-keys.ts'
import { type Finding, fault, ok } from './finding.ts'
import { line } from './line.ts'
import { reasonOf } from './reason-of.ts'

/** Whether the keys of the token issuer can be fetched, as the gateway does with the first token. */
export async function checkTokenKeys(jwksUrl: string): Promise<Finding> {
  const advice = line`AUTH_JWKS_URL must lead to the issuer’s JSON Web Key Set; without it no token can be verified.`
  try {
    const { keys } = await fetchKeySet(jwksUrl, KEY_FETCHING)
    if (keys.length === 0) return fault(line`${jwksUrl} holds no key`, advice)
    return ok(line`${keys.length} of the issuer (${[...new Set(keys.map(({ alg, kty }) => alg ?? kty))].join(', ')})`)
  } catch (error) {
    return fault(line`${jwksUrl}: ${reasonOf(error)}`, advice)
  }
}
