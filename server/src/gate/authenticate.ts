import type { MiddlewareHandler } from 'hono'
import { GatewayError } from '../problem/gateway-error.ts'
import type { GatewayContext, GatewayEnv } from './gateway-env.ts'
import { headerOf } from './header-of.ts'
import { ANONYMOUS, type Principal } from './principal.ts'

/** How callers are known. */
export interface Credentials {
  /**
   * Finds the holder of a bearer credential; undefined where there is none.
   * @throws GatewayError where that cannot be found out now.
   */
  find(credential: string): Promise<Principal | undefined>
  /** The `WWW-Authenticate` header (RFC 6750) for a caller without a valid credential, sent or not. */
  challenge(c: GatewayContext, sent: { tokenSent: boolean }): string
}

const BEARER = /^Bearer +([\x21-\x7e]+)$/i
/** A bearer token, valid as a header or not. */
const SOME_BEARER = /^Bearer +[^ ]/i

/**
 * Settles who calls. Refusing is not done here but by the procedures, since some answer everyone: for a stranger the
 * refusal is set in the principal's place.
 * @param credentials absent where none are configured: then everyone is anonymous
 */
export function authenticate(credentials: Credentials | undefined): MiddlewareHandler<GatewayEnv> {
  return async function authenticate(c, next) {
    const principal = credentials ? await identify(c, credentials) : ANONYMOUS
    c.set('principal', principal)
    if (!(principal instanceof GatewayError)) c.get('record').calledBy(principal.name)
    await next()
  }
}

async function identify(c: GatewayContext, { find, challenge }: Credentials): Promise<Principal | GatewayError> {
  const authorization = headerOf(c, 'authorization') ?? ''
  const [, credential] = BEARER.exec(authorization) ?? []
  try {
    const principal = credential === undefined ? undefined : await find(credential)
    if (principal) return principal
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  return new GatewayError(
    'UNAUTHORIZED',
    'This gateway wants an API key or a token that it knows, as a bearer token.',
    { headers: { 'www-authenticate': challenge(c, { tokenSent: SOME_BEARER.test(authorization) }) } },
  )
}
