import type { GatewayContext } from '../http/env.ts'
import { PATHS } from '../http/paths.ts'
import type { Principal } from '../http/principal.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { watchApiKeys } from './api-keys.ts'
import { createTokenVerifier, type TokenSettings } from './jwt.ts'

/** If no credentials are configured and `open` is false, only local callers are accepted. */
export interface AuthSettings {
  apiKeysFile: string | undefined
  tokens: TokenSettings | undefined
  open: boolean
  /** Without a trailing slash. Default: the origin of each request. */
  publicUrl: string | undefined
  /** Origins of web pages that may call; `*` allows all. */
  corsOrigins: readonly string[]
  /** Calls per minute and caller; 0 for no limit. */
  ratePerMinute: number
  /** Default: each replica counts in memory. */
  redisUrl: string | undefined
}

export interface Credentials {
  /** @throws GatewayError 503 if the credential cannot be verified at the moment. */
  find(credential: string): Promise<Principal | undefined>
  /** The `WWW-Authenticate` header of a 401 (RFC 6750). */
  challenge(c: GatewayContext, sent: { tokenSent: boolean }): string
}

export interface OpenCredentials extends Credentials {
  stop(): void
}

/**
 * Undefined if neither API keys nor tokens are configured. API keys are looked up first, so that a valid one never
 * reaches the token verifier.
 * @throws Error if the API keys file is invalid or unreadable.
 */
export async function openCredentials(
  { apiKeysFile, tokens, publicUrl }: AuthSettings,
  telemetry: Pick<Telemetry, 'log' | 'metrics'>,
): Promise<OpenCredentials | undefined> {
  if (apiKeysFile === undefined && !tokens) return undefined
  const apiKeys = apiKeysFile === undefined ? undefined : await watchApiKeys(apiKeysFile, telemetry)
  const verifier = tokens && createTokenVerifier(tokens, telemetry)
  return {
    find: async (credential) => apiKeys?.find(credential) ?? verifier?.find(credential),
    challenge(c, { tokenSent }) {
      const parameters = ['realm="achilles"']
      if (tokenSent) parameters.push('error="invalid_token"')
      if (tokens) parameters.push(`resource_metadata="${metadataUrl(publicUrl ?? getOrigin(c), c.req.path)}"`)
      return `Bearer ${parameters.join(', ')}`
    },
    stop: () => apiKeys?.stop(),
  }
}

// The caller sends the host: a quote in it would end the header parameter.
const metadataUrl = (baseUrl: string, path: string) =>
  protectedResource(baseUrl, path).metadataUrl.replaceAll('"', '%22')

/** Ignores `x-forwarded-*` headers, since any caller can send them. */
export const getOrigin = (c: GatewayContext): string => new URL(c.req.url).origin

/** A protected resource (RFC 9728): the gateway as a whole, or `/mcp`, for which MCP clients request tokens. */
export interface ProtectedResource {
  url: string
  metadataUrl: string
}

/** @param baseUrl without a trailing slash */
export function protectedResource(baseUrl: string, path: string): ProtectedResource {
  const url = baseUrl + (path === PATHS.mcp ? PATHS.mcp : '')
  const { origin, pathname } = new URL(url)
  return { url, metadataUrl: origin + PATHS.resourceMetadata + (pathname === '/' ? '' : pathname) }
}
