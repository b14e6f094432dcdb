import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import { z } from 'zod'
import { GatewayError } from '../problem/gateway-error.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { createIssuerKeys, KEY_FETCHING, type KeyFetching, KeysUnavailable } from './issuer-keys.ts'
import type { KeyFinder } from './key-set.ts'
import { type Principal, SCOPED_WORKSPACE } from './principal.ts'
import { createRejectionLog, REJECTED, type RejectionReason } from './rejection-log.ts'

/** Whose tokens are taken. */
export interface TokenSettings {
  /** What `iss` must be, character for character. */
  issuer: string
  /** What `aud` must be or contain. */
  audience: string
  /** Where the issuer publishes its keys, a JSON Web Key Set (RFC 7517). */
  jwksUrl: string
}

/** Finds out whom a token speaks for. */
export interface TokenVerifier {
  /**
   * The holder of a JSON Web Token (RFC 7519); undefined for one that does not hold.
   * @throws GatewayError 503 where the issuer's keys are needed and cannot be fetched.
   */
  find(token: string): Promise<Principal | undefined>
}

// Asymmetric ones alone: with HS256 allowed, whoever knows the issuer's public key could sign.
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'Ed25519', 'EdDSA']

const CLOCK_TOLERANCE_SECONDS = 5
// What Node takes as all headers of a request; nothing longer reaches a gateway with its defaults.
const MAX_TOKEN_LENGTH = 16_384
/** Of several keys that fit one token, this many are tried. */
const MAX_KEYS_TRIED = 16

const Claims = z.object({
  // It becomes a header.
  sub: z.string().regex(/^[\x21-\x7e]{1,128}$/),
  workspaces: z.array(z.string().regex(SCOPED_WORKSPACE)).min(1).optional(),
  iat: z.number().optional(),
})

/**
 * Verifies tokens of one issuer: signature, `iss`, `aud`, `exp`, `nbf`, `iat` and `sub` (RFC 7519, as RFC 8725 advises).
 * The claim `workspaces`, a list of ids, limits its holder to them. Keys are fetched when first needed, and follow the
 * issuer's rotation. Why a well-formed token is rejected is logged, a few lines a minute.
 */
export function createTokenVerifier(
  { issuer, audience, jwksUrl }: TokenSettings,
  { log, metrics }: Pick<Telemetry, 'log' | 'metrics'>,
  fetching: Partial<KeyFetching> = {},
): TokenVerifier {
  const settings = { ...KEY_FETCHING, ...fetching }
  const keys = createIssuerKeys(jwksUrl, { log, metrics }, settings)
  const logRejection = createRejectionLog(log, settings.now)
  const demands: JWTVerifyOptions = {
    issuer,
    audience,
    algorithms: ALGORITHMS,
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  }

  function reject(reason: RejectionReason, { wellFormed }: { wellFormed: boolean }): void {
    metrics.tokensRejected.inc({ reason: reason.reason })
    if (wellFormed) logRejection(reason)
    else log.debug(reason, REJECTED)
  }

  return {
    async find(token) {
      if (token.length > MAX_TOKEN_LENGTH) {
        reject({ reason: 'TOKEN_TOO_LONG' }, { wellFormed: false })
        return undefined
      }
      try {
        return principalOf(await verify(token, keys, demands))
      } catch (error) {
        if (error instanceof KeysUnavailable) {
          throw new GatewayError('SERVICE_UNAVAILABLE', 'The keys of the token issuer cannot be fetched.', {
            headers: { 'retry-after': '5' },
            cause: error,
          })
        }
        reject(getReason(error), { wellFormed: isWellFormed(token) })
        return undefined
      }
    },
  }
}

/**
 * Verifies with the key that fits, or with each of several that do.
 * @see https://github.com/panva/jose/blob/main/docs/jwks/remote/functions/createRemoteJWKSet.md
 */
async function verify(token: string, keys: KeyFinder, demands: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, demands)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    let tried = 0
    for await (const key of error) {
      if (++tried > MAX_KEYS_TRIED) break
      try {
        return (await jwtVerify(token, key, demands)).payload
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure
      }
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

function principalOf(payload: JWTPayload): Principal {
  const { data, error } = Claims.safeParse(payload)
  if (!data) throw new errors.JWTClaimValidationFailed('unusable', payload, String(error.issues[0]?.path[0]))
  if (data.iat !== undefined && data.iat > Date.now() / 1000 + CLOCK_TOLERANCE_SECONDS) {
    throw new errors.JWTClaimValidationFailed('in the future', payload, 'iat')
  }
  return { name: data.sub, ...(data.workspaces && { workspaces: data.workspaces }) }
}

// Never the error itself: it carries the claims.
function getReason(error: unknown): RejectionReason {
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) {
    return { reason: error.code, claim: error.claim }
  }
  return { reason: error instanceof errors.JOSEError ? error.code : 'UNUSABLE_KEY' }
}

/** Whether it is a signed JSON Web Token at all: an unknown API key is none. */
function isWellFormed(token: string): boolean {
  try {
    return decodeProtectedHeader(token).alg !== undefined
  } catch {
    return false
  }
}
