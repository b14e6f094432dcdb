import type { AuthSettings } from '../config.ts'
import type { GatewayContext } from '../http/env.ts'
import { PATHS } from '../http/paths.ts'
import type { Principal } from '../http/principal.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { watchApiKeys } from './api-keys.ts'
import { createTokenVerifier } from './jwt.ts'

/** How callers prove who they are. */
export interface Credentials {
  /**
   * The principal of a bearer credential; undefined if the credential is not valid.
   * @throws GatewayError if it cannot be verified at the moment.
   */
  find(credential: string): Promise<Principal | undefined>
  /** The `WWW-Authenticate` header (RFC 6750) for a caller without a valid credential, sent or not. */
  challenge(c: GatewayContext, sent: { tokenSent: boolean }): string
}

export interface OpenCredentials extends Credentials {
  stop(): void
}

/**
 * Creates the credential check for API keys, tokens or both; undefined if neither is configured. API keys are looked up
 * first, so that a valid one never reaches the token verifier.
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

// The host is sent by the caller and may contain quotes, which would end the header parameter.
const metadataUrl = (baseUrl: string, path: string) =>
  protectedResource(baseUrl, path).metadataUrl.replaceAll('"', '%22')

/** The origin of the request's URL. `x-forwarded-*` headers are ignored, since any caller can send them. */
export const getOrigin = (c: GatewayContext): string => new URL(c.req.url).origin

/** A resource in the sense of RFC 9728: the gateway as a whole, or `/mcp`, for which MCP clients request tokens. */
export interface ProtectedResource {
  url: string
  metadataUrl: string
}

/**
 * The resource that a path of the gateway belongs to.
 * @param baseUrl the gateway's public URL, without a trailing slash
 */
export function protectedResource(baseUrl: string, path: string): ProtectedResource {
  const url = baseUrl + (path === PATHS.mcp ? PATHS.mcp : '')
  const { origin, pathname } = new URL(url)
  return { url, metadataUrl: origin + PATHS.resourceMetadata + (pathname === '/' ? '' : pathname) }
}
