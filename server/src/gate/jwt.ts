import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose'
import { z } from 'zod'
import { GatewayError } from '../problem/gateway-error.ts'
import type { Log } from '../telemetry/log.ts'
import { type Principal, SCOPED_WORKSPACE } from './principal.ts'

/** Whose tokens are taken. */
export interface TokenSettings {
  /** What `iss` must be, character for character. */
  issuer: string
  /** What `aud` must be or contain. */
  audience: string
  /** Where the issuer publishes its keys, a JSON Web Key Set (RFC 7517). */
  jwksUrl: string
}

/** How the issuer's keys are fetched, in milliseconds. */
export interface KeyFetching {
  /** After a fetch, how long tokens of unknown keys cause no other. @default 30_000 */
  cooldownMs: number
  /** How long fetched keys are used, so how long a withdrawn key holds at most. @default 600_000 */
  cacheMs: number
  /** After a fetch that failed, how long none is tried. @default 1_000 */
  pauseMs: number
  /** How long a fetch may take. @default 5_000 */
  timeoutMs: number
}

/** Finds out whom a token speaks for. */
export interface TokenVerifier {
  /**
   * The holder of a JSON Web Token (RFC 7519); undefined for one that does not hold.
   * @throws GatewayError 503 where the issuer's keys are needed and cannot be fetched.
   */
  find(token: string): Promise<Principal | undefined>
}

const FETCHING: KeyFetching = { cooldownMs: 30_000, cacheMs: 600_000, pauseMs: 1_000, timeoutMs: 5_000 }

// Asymmetric ones alone: with HS256 allowed, whoever knows the issuer's public key could sign.
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

const Claims = z.object({
  // It becomes a header.
  sub: z.string().regex(/^[\x21-\x7e]{1,128}$/),
  workspaces: z.array(z.string().regex(SCOPED_WORKSPACE)).min(1).optional(),
})

/**
 * Verifies tokens of one issuer: signature, `iss`, `aud`, `exp`, `nbf` and `sub` (RFC 7519, as RFC 8725 advises). The
 * claim `workspaces`, a list of ids, limits its holder to them. Keys are fetched when first needed, and follow the
 * issuer's rotation.
 */
export function createTokenVerifier(
  { issuer, audience, jwksUrl }: TokenSettings,
  log: Log,
  fetching: Partial<KeyFetching> = {},
): TokenVerifier {
  const { cooldownMs, cacheMs, pauseMs, timeoutMs } = { ...FETCHING, ...fetching }
  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    cooldownDuration: cooldownMs,
    cacheMaxAge: cacheMs,
    timeoutDuration: timeoutMs,
    [customFetch]: keyFetcher(log, pauseMs),
  })
  const demands: JWTVerifyOptions = {
    issuer,
    audience,
    algorithms: ALGORITHMS,
    requiredClaims: ['exp', 'sub'],
    clockTolerance: 5,
  }

  return {
    async find(token) {
      try {
        const { payload } = await jwtVerify(token, keys, demands)
        return principalOf(payload)
      } catch (error) {
        if (error instanceof KeysUnavailable) {
          throw new GatewayError('SERVICE_UNAVAILABLE', 'The keys of the token issuer cannot be fetched.', {
            headers: { 'retry-after': '5' },
            cause: error,
          })
        }
        log.debug(reasonOf(error), 'A bearer token is refused')
        return undefined
      }
    },
  }
}

function principalOf(payload: JWTPayload): Principal {
  const { data, error } = Claims.safeParse(payload)
  if (!data) throw new errors.JWTClaimValidationFailed('unusable', payload, String(error.issues[0]?.path[0]))
  return { name: data.sub, ...(data.workspaces && { workspaces: data.workspaces }) }
}

// Never the error itself: it carries the claims.
function reasonOf(error: unknown): { reason: string; claim?: string } {
  if (error instanceof errors.JWTClaimValidationFailed) return { reason: error.code, claim: error.claim }
  return { reason: error instanceof errors.JOSEError ? error.code : 'UNUSABLE_KEY' }
}

class KeysUnavailable extends Error {}

/**
 * A fetch for jose that logs an outage once and pauses after a failure, since jose's cooldown begins with success alone:
 * tokens of unknown keys would otherwise hammer an issuer that is down.
 */
function keyFetcher(log: Log, pauseMs: number): FetchImplementation {
  let failedAt: number | undefined

  return async function fetchKeys(url, init) {
    if (failedAt !== undefined && performance.now() - failedAt < pauseMs) throw new KeysUnavailable('failed just now')
    try {
      const keySet = await getKeySet(url, init)
      if (failedAt !== undefined) log.info('The keys of the token issuer can be fetched again')
      failedAt = undefined
      return Response.json(keySet)
    } catch (err) {
      if (failedAt === undefined) log.error({ err }, 'The keys of the token issuer cannot be fetched')
      failedAt = performance.now()
      throw new KeysUnavailable('the fetch failed', { cause: err })
    }
  }
}

/**
 * Fetches a JSON Web Key Set.
 * @throws Error where the answer is another status or no key set.
 */
export async function getKeySet(url: string, init: RequestInit): Promise<JSONWebKeySet> {
  const response = await fetch(url, init)
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`The answer was ${response.status}`)
  }
  const keySet = (await response.json()) as JSONWebKeySet
  // Throws for what is no key set: to callers the same as none.
  createLocalJWKSet(keySet)
  return keySet
}
