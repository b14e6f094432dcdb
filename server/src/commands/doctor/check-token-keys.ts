import { getKeySet } from '../../gate/jwt.ts'
import { type Finding, fault, ok } from './finding.ts'

const TIMEOUT_MS = 5_000

/** Whether the keys of the token issuer can be fetched, as the gateway does with the first token. */
export async function checkTokenKeys(jwksUrl: string): Promise<Finding> {
  const advice = 'AUTH_JWKS_URL must lead to the issuer’s JSON Web Key Set; without it no token can be verified.'
  try {
    const { keys } = await getKeySet(jwksUrl, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (keys.length === 0) return fault(`${jwksUrl} holds no key`, advice)
    return ok(`${keys.length} of the issuer (${[...new Set(keys.map(({ alg, kty }) => alg ?? kty))].join(', ')})`)
  } catch (error) {
    const { message, cause } = error as Error
    return fault(
      `${jwksUrl}: ${cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : message}`,
      advice,
    )
  }
}
