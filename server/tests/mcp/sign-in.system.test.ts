import { Client as Client2026, StreamableHTTPClientTransport as Transport2026 } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts'
import { bearer } from '../support/keys-file.ts'
import { findNginx } from '../support/nginx-proxy.ts'
import { type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'
import { startTlsProxy, type TlsProxy } from '../support/tls-proxy.ts'

const nginx = findNginx()
if (!nginx) process.stdout.write('mcp-sign-in: skipped, there is no nginx (NGINX_PATH)\n')

let core: ScriptedCore
let provider: IdentityProvider
let gateway: TestGateway
let proxy: TlsProxy | undefined

beforeEach(async () => {
  core = await startScriptedCore()
  provider = await startAuthorizationServer()
})

afterEach(async () => {
  await proxy?.stop()
  proxy = undefined
  await gateway.close()
  await provider.close()
  await core.close()
})

/** An issuer with a minimal sign-in: metadata (RFC 8414), and a token for any code. */
async function startAuthorizationServer(): Promise<IdentityProvider> {
  const provider = await startIdentityProvider()
  const { issuer } = provider
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none'],
  }
  provider.answer(async (response) => {
    const json = (value: object) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    const path = response.req.url ?? ''
    if (path.startsWith('/.well-known/oauth-authorization-server')) return json(metadata)
    if (path === '/token') return json({ access_token: await provider.token(), token_type: 'Bearer' })
    if (path === '/jwks.json') return json({ keys: [provider.key.jwk] })
    response.writeHead(404).end()
  })
  return provider
}

async function startBehindTls(prefix = ''): Promise<TlsProxy> {
  const port = await freePort()
  const { issuer, audience, jwksUrl } = provider
  const publicUrl = `https://localhost:${port}${prefix}`
  gateway = await startTestGateway(core, { auth: { tokens: { issuer, audience, jwksUrl }, publicUrl } })
  proxy = await startTlsProxy(gateway.url, { port, prefix })
  expect(proxy.url).toBe(publicUrl)
  return proxy
}

async function startAtLoopback(): Promise<string> {
  const { issuer, audience, jwksUrl } = provider
  gateway = await startTestGateway(core, { auth: { tokens: { issuer, audience, jwksUrl } } })
  return gateway.url
}

/** An OAuth provider for a client; `redirected` takes the place of the user agent. */
function memory() {
  let verifier = ''
  let tokens: unknown
  let discovered: unknown
  const kept = {
    redirected: undefined as URL | undefined,
    redirectUrl: 'http://127.0.0.1:1/callback',
    clientMetadata: { redirect_uris: ['http://127.0.0.1:1/callback'], client_name: 'test' },
    clientInformation: () => ({ client_id: 'test' }),
    tokens: () => tokens as never,
    saveTokens: (received: unknown) => {
      tokens = received
    },
    redirectToAuthorization: (url: URL) => {
      kept.redirected = url
    },
    discoveryState: () => discovered as never,
    saveDiscoveryState: (state: unknown) => {
      discovered = state
    },
    saveCodeVerifier: (text: string) => {
      verifier = text
    },
    codeVerifier: () => verifier,
  }
  return kept
}

const name = { name: 'test', version: '1' }
const clients = [
  ['v2', () => new Client2026(name), Transport2026],
  ['v1', () => new ClientV1(name), TransportV1],
] as const

describe.each(clients)('the official client %s', (_, createClient, Transport) => {
  async function signIn(url: string, fetchFn: typeof fetch) {
    const authProvider = memory()
    const open = () => new Transport(new URL(url), { authProvider, fetch: fetchFn }) as never
    const first = open() as InstanceType<typeof TransportV1>
    await expect(createClient().connect(first as never)).rejects.toThrow('Unauthorized')
    expect(authProvider.redirected?.origin).toBe(provider.issuer)
    expect(authProvider.redirected?.searchParams.get('resource')).toBe(url)
    await first.finishAuth('a-code')
    const client = createClient()
    await client.connect(open())
    expect((await client.listTools()).tools).toHaveLength(11)
    await client.close()
  }

  test.skipIf(!nginx)('signs in behind TLS', async () => {
    const { url, fetch } = await startBehindTls()
    await signIn(`${url}/mcp`, fetch)
  })

  test.skipIf(!nginx)('signs in behind a proxy that removes a path prefix', async () => {
    const { url, fetch } = await startBehindTls('/achilles')
    await signIn(`${url}/mcp`, fetch)
  })

  test('signs in on loopback without PUBLIC_URL', async () => {
    await signIn(`${await startAtLoopback()}/mcp`, fetch)
  })
})

describe('the metadata', () => {
  const challengeOf = async (url: string, fetchFn = fetch, headers = {}) => {
    const { status, headers: received } = await fetchFn(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{}',
    })
    expect(status).toBe(401)
    return received.get('www-authenticate') ?? ''
  }

  test.skipIf(!nginx).each(['', '/achilles'])(
    'behind TLS with the path "%s" has the URLs that callers use',
    async (prefix) => {
      const { url, fetch } = await startBehindTls(prefix)
      const origin = new URL(url).origin
      for (const path of ['', '/mcp']) {
        const metadataUrl = `${origin}/.well-known/oauth-protected-resource${prefix}${path}`
        const challenged = path === '' ? `${url}/api/achilles/v1/mcp/handshake` : `${url}/mcp`
        expect(await challengeOf(challenged, fetch)).toBe(`Bearer realm="achilles", resource_metadata="${metadataUrl}"`)
        const response = await fetch(metadataUrl)
        expect(response.status).toBe(200)
        expect(await response.json()).toMatchObject({
          resource: `${url}${path}`,
          authorization_servers: [provider.issuer],
        })
      }
      const document = (await (await fetch(`${url}/openapi.json`)).json()) as { servers: unknown }
      expect(document.servers).toEqual([expect.objectContaining({ url: `${url}/api/achilles/v1/mcp` })])
    },
  )

  // Strict clients such as Gemini CLI compare the resource with their URL exactly.
  test('has the exact URL of /mcp', async () => {
    const url = new URL('/mcp', await startAtLoopback())
    const response = await fetch(new URL(`/.well-known/oauth-protected-resource${url.pathname}`, url))
    const metadata = (await response.json()) as { resource: string }
    expect(metadata.resource).toBe(`${url.protocol}//${url.host}${url.pathname}`)
  })

  test('a challenge has invalid_token only if a token was sent', async () => {
    const url = await startAtLoopback()
    const expired = await provider.token({ exp: 1 })
    const wrong = [bearer(expired), bearer('nonsense'), { authorization: 'bearer x' }, { authorization: 'Bearer a b' }]
    const none = [{}, { authorization: 'Basic YTpi' }, { authorization: 'Bearer' }, { authorization: '' }]
    for (const path of ['/mcp', '/api/achilles/v1/mcp/handshake', '/trpc/handshake']) {
      for (const headers of wrong)
        expect(await challengeOf(url + path, fetch, headers)).toContain(', error="invalid_token"')
      for (const headers of none) expect(await challengeOf(url + path, fetch, headers)).not.toContain('error')
    }
  })
})
