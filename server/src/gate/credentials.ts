import type { Telemetry } from '../telemetry/telemetry.ts'
import { watchApiKeys } from './api-keys.ts'
import type { Credentials } from './authenticate.ts'
import type { GateSettings } from './gate-settings.ts'
import type { GatewayContext } from './gateway-env.ts'
import { createTokenVerifier } from './jwt.ts'
import { protectedResource } from './protected-resource.ts'

/** Credentials that can be put away. */
export interface OpenCredentials extends Credentials {
  stop(): void
}

/**
 * Opens the credentials that the settings name: API keys, tokens or both; undefined where they name none. An API key is
 * looked up first, so that none ever reaches the verifier of tokens.
 * @throws Error with the faults of the API keys file.
 */
export async function openCredentials(
  { apiKeysFile, tokens, publicUrl }: GateSettings,
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
      if (tokens) parameters.push(`resource_metadata="${metadataUrl(publicUrl ?? originOf(c), c.req.path)}"`)
      return `Bearer ${parameters.join(', ')}`
    },
    stop: () => apiKeys?.stop(),
  }
}

// A host may contain quotes, so whoever sends it could end the parameter.
const metadataUrl = (baseUrl: string, path: string) =>
  protectedResource(baseUrl, path).metadataUrl.replaceAll('"', '%22')

/** The gateway's origin as the request names it; of its URL, not of `x-forwarded-*`, which anyone can send. */
export const originOf = (c: GatewayContext): string => new URL(c.req.url).origin
