import type { MiddlewareHandler } from 'hono'
import type { Credentials } from '../auth/credentials.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { GatewayContext, GatewayEnv } from '../http/env.ts'
import { ANONYMOUS, type Principal } from '../http/principal.ts'

const BEARER = /^Bearer +([\x21-\x7e]+)$/i
/** Also matches tokens with invalid characters. */
const ANY_BEARER = /^Bearer +[^ ]/i

/**
 * Sets the principal. An unauthenticated caller gets an error as principal: some procedures and routes need no
 * credentials.
 * @param credentials undefined: every caller is anonymous
 */
export function authenticate(credentials: Credentials | undefined): MiddlewareHandler<GatewayEnv> {
  return async function authenticate(c, next) {
    const principal = credentials ? await identify(c, credentials) : ANONYMOUS
    c.set('principal', principal)
    if (!(principal instanceof GatewayError)) c.get('record').setPrincipal(principal.name)
    await next()
  }
}

/**
 * For streams, which outlive the check of their request.
 * @throws GatewayError 401 if the credential is no longer valid, 503 if it now has access to other workspaces.
 */
export async function recheck(c: GatewayContext, credentials: Credentials | undefined): Promise<void> {
  if (!credentials) return
  const [before, now] = [c.get('principal'), await identify(c, credentials)]
  // Not while the issuer's keys cannot be fetched.
  if (now instanceof GatewayError && now.retryable) return
  if (now instanceof GatewayError) throw now
  if (JSON.stringify(now) === JSON.stringify(before)) return
  throw new GatewayError('SERVICE_UNAVAILABLE', 'The access of this caller has changed: open the stream again.')
}

async function identify(c: GatewayContext, { find, challenge }: Credentials): Promise<Principal | GatewayError> {
  const authorization = c.req.header('authorization') ?? ''
  const [, credential] = BEARER.exec(authorization) ?? []
  try {
    const principal = credential === undefined ? undefined : await find(credential)
    if (principal) return principal
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  return new GatewayError('UNAUTHORIZED', 'A valid API key or access token is required as a bearer token.', {
    headers: { 'www-authenticate': challenge(c, { tokenSent: ANY_BEARER.test(authorization) }) },
  })
}
