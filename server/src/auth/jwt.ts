import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import { z } from 'zod'
import { GatewayError } from '../errors/gateway-error.ts'
import { type Principal, SCOPED_WORKSPACE } from '../http/principal.ts'
import type { Log } from '../telemetry/log.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { createIssuerKeys, KEY_FETCHING, type KeyFetching, KeysUnavailable } from './issuer-keys.ts'
import type { KeyFinder } from './key-set.ts'

export interface TokenSettings {
  issuer: string
  /** The value that `aud` must equal or contain. */
  audience: string
  jwksUrl: string
}

export interface TokenVerifier {
  /** @throws GatewayError 503 if the issuer's keys are needed but cannot be fetched. */
  find(token: string): Promise<Principal | undefined>
}

// Asymmetric algorithms only: HS256 would let anyone with the issuer's public key sign tokens.
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'Ed25519', 'EdDSA']

const CLOCK_TOLERANCE_SECONDS = 5
// Node's default limit for all headers of a request.
const MAX_TOKEN_LENGTH = 16_384
const MAX_KEYS_TRIED = 16

const Claims = z.object({
  // Sent to Core as a header value.
  sub: z.string().regex(/^[\x21-\x7e]{1,128}$/),
  workspaces: z.array(z.string().regex(SCOPED_WORKSPACE)).min(1).optional(),
  iat: z.number().optional(),
})

/**
 * Verifies the signature, `iss`, `aud`, `exp`, `nbf`, `iat` and `sub` (RFC 7519, as RFC 8725 advises). The claim
 * `workspaces`, a list of ids, limits the principal to them.
 */
export function createTokenVerifier(
  { issuer, audience, jwksUrl }: TokenSettings,
  { log, metrics }: Pick<Telemetry, 'log' | 'metrics'>,
  fetching: Partial<KeyFetching> = {},
): TokenVerifier {
  const settings = { ...KEY_FETCHING, ...fetching }
  const keys = createIssuerKeys(jwksUrl, { log, metrics }, settings)
  const logRejection = createRejectionLog(log, settings.now)
  const options: JWTVerifyOptions = {
    issuer,
    audience,
    algorithms: ALGORITHMS,
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  }

  function reject(reason: TokenRejection, { wellFormed }: { wellFormed: boolean }): void {
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
        return toPrincipal(await verify(token, keys, options))
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

/** @see https://github.com/panva/jose/blob/main/docs/jwks/remote/functions/createRemoteJWKSet.md */
async function verify(token: string, keys: KeyFinder, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    let tried = 0
    for await (const key of error) {
      if (++tried > MAX_KEYS_TRIED) break
      try {
        return (await jwtVerify(token, key, options)).payload
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure
      }
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

function toPrincipal(payload: JWTPayload): Principal {
  const { data, error } = Claims.safeParse(payload)
  if (!data) throw new errors.JWTClaimValidationFailed('unusable', payload, String(error.issues[0]?.path[0]))
  if (data.iat !== undefined && data.iat > Date.now() / 1000 + CLOCK_TOLERANCE_SECONDS) {
    throw new errors.JWTClaimValidationFailed('in the future', payload, 'iat')
  }
  return { name: data.sub, ...(data.workspaces && { workspaces: data.workspaces }) }
}

// Returns a code, since the error contains the claims.
function getReason(error: unknown): TokenRejection {
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) {
    return { reason: error.code, claim: error.claim }
  }
  return { reason: error instanceof errors.JOSEError ? error.code : 'UNUSABLE_KEY' }
}

/** False for an unknown API key, which is no JSON Web Token. */
function isWellFormed(token: string): boolean {
  try {
    return decodeProtectedHeader(token).alg !== undefined
  } catch {
    return false
  }
}

interface TokenRejection {
  reason: string
  claim?: string
}

const REJECTED = 'A bearer token is rejected'

const REJECTION_LOG_MS = 10_000

/** Logs each reason at most once in ten seconds. @param now a monotonic clock, in milliseconds */
function createRejectionLog(log: Log, now: () => number): (reason: TokenRejection) => void {
  const logged = new Map<string, { at: number; omitted: number }>()

  return (reason) => {
    const key = `${reason.reason} ${reason.claim ?? ''}`
    const last = logged.get(key)
    if (last && now() - last.at < REJECTION_LOG_MS) {
      last.omitted++
      return
    }
    logged.set(key, { at: now(), omitted: 0 })
    log.info({ ...reason, ...(last?.omitted && { omitted: last.omitted }) }, REJECTED)
  }
}
