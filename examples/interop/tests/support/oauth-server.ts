import { once } from 'node:events'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

/** An authorization server with sign-in by code and PKCE, and registration of clients. */
export interface OAuthServer {
  /** Settings of a gateway that trusts it. */
  settings: { AUTH_ISSUER: string; AUTH_AUDIENCE: string; AUTH_JWKS_URL: string }
  /** Subjects that it has issued tokens to. */
  issued: string[]
  close(): Promise<void>
}

/** @param port it is a part of the issuer's URL, and so must be known before the start */
export async function startOAuthServer(port: number): Promise<OAuthServer> {
  const issuer = `http://127.0.0.1:${port}`
  const audience = 'achilles-gateway'
  const issued: string[] = []
  const provider = new Provider(issuer, {
    clients: [],
    features: {
      registration: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: '', audience, accessTokenFormat: 'jwt' }),
        useGrantedResource: () => true,
      },
    },
    pkce: { required: () => true },
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    // Every user is signed in as ada and has consented.
    loadExistingGrant: async (context) => {
      const { client, session, params } = context.oidc
      const grant = new provider.Grant({ clientId: client?.clientId, accountId: session?.accountId })
      grant.addOIDCScope('openid offline_access')
      grant.addResourceScope(String(params?.resource), '')
      await grant.save()
      return grant
    },
  })
  provider.on('access_token.issued', ({ accountId = '' }) => issued.push(accountId))
  const callback = provider.callback()
  const server = createServer(async (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return callback(request, response)
    await provider.interactionFinished(request, response, { login: { accountId: 'ada' }, consent: {} })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    settings: { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience, AUTH_JWKS_URL: `${issuer}/jwks` },
    issued,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
