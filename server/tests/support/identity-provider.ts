import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

interface SigningKey {
  kid: string
  alg: string
  privateKey: CryptoKey
  publicKey: CryptoKey
  jwk: JWK
}

/** How a token differs from a valid one. */
interface TokenOptions {
  /** Instead of the provider's newest key. */
  key?: SigningKey
  /** Instead of the key's own. */
  kid?: string
}

export interface IdentityProvider {
  issuer: string
  audience: string
  jwksUrl: string
  readonly fetches: number
  /** Signs with a new key from now on; withdraws the earlier keys unless `keep`. */
  rotate(options?: { alg?: string; keep?: boolean }): Promise<SigningKey>
  readonly key: SigningKey
  /** A valid token for `alice` that expires in five minutes; `claims` are added, undefined ones removed. */
  token(claims?: Record<string, unknown>, options?: TokenOptions): Promise<string>
  /** Sets its response from now on, until `goUp`. */
  answer(script: (response: ServerResponse) => void): void
  goDown(): Promise<void>
  /** Listens on its port again and serves its keys. */
  goUp(): Promise<void>
  close(): Promise<void>
}

/** A time some seconds from now, in seconds since the epoch, as in claims. */
export const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds

/** A key pair that no provider publishes until it is rotated in. */
export async function makeKey(alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg)
  const kid = crypto.randomUUID()
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

export async function startIdentityProvider(): Promise<IdentityProvider> {
  let key = await makeKey()
  let published = [key.jwk]
  let fetches = 0
  const serveKeys = (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end(JSON.stringify({ keys: published }))
  }
  let script = serveKeys

  const server = createServer((_request, response) => {
    fetches += 1
    script(response)
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = async () => {
    if (!server.listening) return
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  const audience = 'achilles-gateway'

  return {
    issuer,
    audience,
    jwksUrl: `${issuer}/jwks.json`,
    get fetches() {
      return fetches
    },
    get key() {
      return key
    },
    async rotate({ alg, keep = false } = {}) {
      key = await makeKey(alg)
      published = keep ? [...published, key.jwk] : [key.jwk]
      return key
    },
    token(claims = {}, { key: signer = key, kid = signer.kid } = {}) {
      const payload = { iss: issuer, aud: audience, sub: 'alice', iat: inSeconds(0), exp: inSeconds(300), ...claims }
      return new SignJWT(payload as JWTPayload).setProtectedHeader({ alg: signer.alg, kid }).sign(signer.privateKey)
    },
    answer(next) {
      script = next
    },
    goDown: close,
    async goUp() {
      script = serveKeys
      if (!server.listening) await listen(port)
    },
    close,
  }
}
