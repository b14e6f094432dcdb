import { createHmac, randomUUID } from 'node:crypto'
import { Writable } from 'node:stream'
import { exportSPKI, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { KeyFetching } from '../../src/auth/issuer-keys.ts'
import { createTokenVerifier, type TokenVerifier } from '../../src/auth/jwt.ts'
import { GatewayError } from '../../src/errors/gateway-error.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { type IdentityProvider, inSeconds, makeKey, startIdentityProvider } from '../support/identity-provider.ts'
import { reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const HEALTH = { status: 'ok', uptime_seconds: 1, accepting_signals: true, last_ingest_error_at: null }

let provider: IdentityProvider
let presented: string[]
let lines: string[]

beforeEach(async () => {
  provider = await startIdentityProvider()
  presented = []
  lines = []
})

afterEach(async () => {
  await provider.close()
  const written = lines.join('')
  for (const part of presented.flatMap((token) => token.split('.')).filter(Boolean)) expect(written).not.toContain(part)
  expect(written).not.toMatch(/alice|secret/)
})

function verifier(fetching: Partial<KeyFetching> = {}): TokenVerifier {
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const telemetry = { log: createLog('trace', destination), metrics: createMetrics() }
  const { find } = createTokenVerifier(provider, telemetry, fetching)
  return {
    find(token) {
      presented.push(token)
      return find(token)
    },
  }
}

const logged = (level: number) => lines.map((line) => JSON.parse(line)).filter((entry) => entry.level === level)
const DEBUG = 20
const INFO = 30
const ERROR = 50

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const unavailable = { problem: 'SERVICE_UNAVAILABLE', headers: { 'retry-after': '5' } }

/** A token built without jose, which would not sign it. */
function handmade(header: object, sign: (input: string) => string = () => ''): string {
  const { issuer, audience } = provider
  const input = `${encode(header)}.${encode({ iss: issuer, aud: audience, sub: 'alice', exp: inSeconds(300) })}`
  return `${input}.${sign(input)}`
}

const hs256 = (secret: string) => (input: string) => createHmac('sha256', secret).update(input).digest('base64url')

describe('a valid token', () => {
  test('identifies its principal, with access to all workspaces', async () => {
    const { find } = verifier()
    expect(await find(await provider.token())).toEqual({ name: 'alice' })
    expect(await find(await provider.token({ aud: ['another', provider.audience] }))).toEqual({ name: 'alice' })
    expect(provider.fetches).toBe(1)
    expect(lines).toEqual([])
  })

  test.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'])(
    'may be signed with %s',
    async (alg) => {
      await provider.rotate({ alg })
      expect(await verifier().find(await provider.token())).toEqual({ name: 'alice' })
    },
  )

  test('is accepted within the clock tolerance', async () => {
    const { find } = verifier()
    expect(await find(await provider.token({ exp: inSeconds(-3) }))).toEqual({ name: 'alice' })
    expect(await find(await provider.token({ nbf: inSeconds(3) }))).toEqual({ name: 'alice' })
    expect(await find(await provider.token({ iat: inSeconds(3) }))).toEqual({ name: 'alice' })
    expect(await find(await provider.token({ iat: undefined }))).toEqual({ name: 'alice' })
  })

  test.each([
    ['one', ['w1'], ['w1']],
    ['several', ['w1', 'team two', '~!"'], ['w1', 'team two', '~!"']],
    ['the longest', ['w'.repeat(256)], ['w'.repeat(256)]],
  ])('limits its principal to the workspaces in the claim: %s', async (_name, claim, workspaces) => {
    expect(await verifier().find(await provider.token({ workspaces: claim }))).toEqual({ name: 'alice', workspaces })
  })
})

describe('an invalid token', () => {
  const claims: [string, () => Record<string, unknown>][] = [
    ['another issuer', () => ({ iss: 'https://elsewhere.example' })],
    ['an issuer that differs by a slash', () => ({ iss: `${provider.issuer}/` })],
    ['no issuer', () => ({ iss: undefined })],
    ['another audience', () => ({ aud: 'secret-audience' })],
    ['no audience', () => ({ aud: undefined })],
    ['expired', () => ({ exp: inSeconds(-6) })],
    ['not yet valid', () => ({ nbf: inSeconds(60) })],
    ['no expiry', () => ({ exp: undefined })],
    ['an expiry that is no number', () => ({ exp: 'secret' })],
    ['issued in ten years', () => ({ iat: inSeconds(315_360_000), exp: inSeconds(400_000_000) })],
    ['issued in a minute', () => ({ iat: inSeconds(60) })],
    ['a time of issue that is text', () => ({ iat: 'secret' })],
    ['a time of issue that is null', () => ({ iat: null })],
    ['no subject', () => ({ sub: undefined })],
    ['an empty subject', () => ({ sub: '' })],
    ['a subject with a space', () => ({ sub: 'secret sub' })],
    ['a subject with a line break', () => ({ sub: 'secret\r\nx: y' })],
    ['a subject beyond ASCII', () => ({ sub: 'secrét' })],
    ['a subject that is too long', () => ({ sub: 's'.repeat(129) })],
    ['a subject that is a number', () => ({ sub: 7 })],
    ['no workspace', () => ({ workspaces: [] })],
    ['workspaces null', () => ({ workspaces: null })],
    ['workspaces in a string', () => ({ workspaces: 'secret' })],
    ['workspaces in an object', () => ({ workspaces: { 0: 'secret' } })],
    ['an empty workspace', () => ({ workspaces: ['w1', ''] })],
    ['a workspace with a comma', () => ({ workspaces: ['secret,w2'] })],
    ['a workspace with a line break', () => ({ workspaces: ['secret\n'] })],
    ['a workspace with a space at its end', () => ({ workspaces: ['secret '] })],
    ['a workspace beyond ASCII', () => ({ workspaces: ['secrét'] })],
    ['a workspace that is too long', () => ({ workspaces: ['w'.repeat(257)] })],
    ['a workspace that is a number', () => ({ workspaces: [1] })],
  ]
  test.each(claims)('%s', async (_name, different) => {
    expect(await verifier().find(await provider.token(different()))).toBeUndefined()
    expect(logged(INFO)).toHaveLength(1)
    expect(lines).toHaveLength(1)
  })

  const forged: [string, () => string | Promise<string>][] = [
    ['unsigned, alg none', () => handmade({ alg: 'none', kid: provider.key.kid })],
    ['unsigned, alg of the key', () => handmade({ alg: 'ES256', kid: provider.key.kid })],
    [
      'HS256 with the public key as PEM',
      async () => handmade({ alg: 'HS256', kid: provider.key.kid }, hs256(await exportSPKI(provider.key.publicKey))),
    ],
    [
      'HS256 with the public key as JWK',
      () => handmade({ alg: 'HS256', kid: provider.key.kid }, hs256(JSON.stringify(provider.key.jwk))),
    ],
    [
      'a tampered payload',
      async () => {
        const [header, payload = '', signature] = (await provider.token()).split('.')
        const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
        return [header, encode({ ...claims, sub: 'secret-admin' }), signature].join('.')
      },
    ],
    ['another key under a known kid', async () => provider.token({}, { key: await makeKey(), kid: provider.key.kid })],
    ['an unknown kid', async () => provider.token({}, { key: await makeKey() })],
    [
      'a key embedded in its header',
      async () => {
        const { alg, jwk, privateKey } = await makeKey()
        const claims = { iss: provider.issuer, aud: provider.audience, sub: 'alice', exp: inSeconds(300) }
        return new SignJWT(claims).setProtectedHeader({ alg, jwk }).sign(privateKey)
      },
    ],
    ['nothing', () => ''],
    ['garbage', () => 'secret-garbage'],
    ['garbage in three parts', () => 'secret.garbage.parts'],
    ['JSON in three parts', () => `${encode('secret')}.${encode([])}.${encode(null)}`],
  ]
  test.each(forged)('%s', async (_name, make) => {
    expect(await verifier().find(await make())).toBeUndefined()
    expect([...logged(DEBUG), ...logged(INFO)]).toEqual([
      expect.objectContaining({ msg: 'A bearer token is rejected' }),
    ])
    expect(lines).toHaveLength(1)
  })
})

describe('the issuer’s keys', () => {
  test('follow a rotation: a new key is accepted, a withdrawn one rejected', async () => {
    const { find } = verifier({ cooldownMs: 0 })
    const old = await provider.token()
    expect(await find(old)).toEqual({ name: 'alice' })

    await provider.rotate({ keep: true })
    expect(await find(await provider.token())).toEqual({ name: 'alice' })
    expect(await find(old)).toEqual({ name: 'alice' })

    await provider.rotate()
    expect(await find(await provider.token())).toEqual({ name: 'alice' })
    expect(await find(old)).toBeUndefined()
  })

  test('are cached for ten minutes; after that a withdrawn key is rejected', async () => {
    let now = 0
    const { find } = verifier({ now: () => now })
    const old = await provider.token({ exp: inSeconds(3600) })
    await find(old)
    await provider.rotate()

    now = 599_999
    expect(await find(old)).toEqual({ name: 'alice' })
    expect(provider.fetches).toBe(1)
    now += 1
    expect(await find(old)).toBeUndefined()
    expect(provider.fetches).toBe(2)
  })

  test('many unknown key ids cause one fetch in 30 seconds', async () => {
    let now = 0
    const { find } = verifier({ now: () => now })
    const unknownKey = await makeKey()
    const sendMany = async () => {
      const tokens = Array.from({ length: 50 }, () => provider.token({}, { key: unknownKey, kid: randomUUID() }))
      const found = await Promise.all(tokens.map(async (token) => find(await token)))
      expect(found.every((principal) => principal === undefined)).toBe(true)
    }

    await sendMany()
    await sendMany()
    expect(provider.fetches).toBe(1)
    now = 29_999
    await sendMany()
    expect(provider.fetches).toBe(1)
    now += 1
    await sendMany()
    await sendMany()
    expect(provider.fetches).toBe(2)
    expect(await find(await provider.token())).toEqual({ name: 'alice' })
  })

  test('while the issuer is down tokens get 503, logged once; after recovery they are accepted', async () => {
    const { find } = verifier({ cacheMs: 0, staleMs: 0, pauseMs: 0 })
    const token = await provider.token()
    expect(await find(token)).toEqual({ name: 'alice' })

    await provider.goDown()
    const results = await Promise.allSettled([find(token), find(token)])
    const [one, other] = results.map((result) => (result.status === 'rejected' ? result.reason : undefined))
    expect(one).toBeInstanceOf(GatewayError)
    expect(one).toMatchObject({ ...unavailable, message: 'The keys of the token issuer cannot be fetched.' })
    expect(other).toMatchObject(unavailable)
    // Each request needs its own error, because request ids are looked up by error.
    expect(other).not.toBe(one)
    await expect(find(token)).rejects.toMatchObject(unavailable)
    expect(logged(ERROR)).toHaveLength(1)

    await provider.goUp()
    expect(await find(token)).toEqual({ name: 'alice' })
    expect(logged(INFO)).toHaveLength(1)

    await provider.goDown()
    await expect(find(token)).rejects.toMatchObject(unavailable)
    expect(logged(ERROR)).toHaveLength(2)
  })

  test('tokens of a cached key are accepted while the issuer is down', async () => {
    const { find } = verifier({ cooldownMs: 0 })
    const token = await provider.token()
    await find(token)
    await provider.goDown()
    await expect(find(await provider.token({}, { key: await makeKey() }))).rejects.toMatchObject(unavailable)
    expect(await find(token)).toEqual({ name: 'alice' })
  })

  test('after a failed fetch no other is made during the pause', async () => {
    const { find } = verifier({ pauseMs: 60_000 })
    provider.answer((response) => response.writeHead(500).end())
    for (let count = 0; count < 20; count += 1) {
      await expect(find(await provider.token())).rejects.toMatchObject(unavailable)
    }
    expect(provider.fetches).toBe(1)
  })

  test.each<[string, Parameters<IdentityProvider['answer']>[0]]>([
    ['fails', (response) => response.writeHead(500).end('{"keys":[]}')],
    ['redirects', (response) => response.writeHead(302, { location: '/other' }).end()],
    ['closes the connection', (response) => response.destroy()],
    ['closes the connection during the response', (response) => response.write('{"keys":', () => response.destroy())],
    ['never responds', () => {}],
    ['never completes the response', (response) => response.write('{"keys":')],
    ['sends no JSON', (response) => response.end('<html>')],
    ['sends no keys', (response) => response.end('{}')],
  ])('if the issuer %s, tokens get 503 until it serves its keys', async (_name, script) => {
    const { find } = verifier({ timeoutMs: 300, pauseMs: 0 })
    provider.answer(script)
    await expect(find(await provider.token())).rejects.toMatchObject(unavailable)
    expect(logged(ERROR)).toHaveLength(1)

    await provider.goUp()
    await expect.poll(async () => find(await provider.token())).toEqual({ name: 'alice' })
  })

  test('a token that cannot be valid causes no fetch', async () => {
    await provider.goDown()
    const { find } = verifier()
    expect(await find('secret-garbage')).toBeUndefined()
    expect(await find(handmade({ alg: 'none' }))).toBeUndefined()
    expect(await find(handmade({ alg: 'HS256' }, hs256('secret')))).toBeUndefined()
  })
})

describe('a gateway that accepts tokens', () => {
  let core: ScriptedCore
  let gateway: TestGateway

  beforeEach(async () => {
    core = await startScriptedCore()
    const { issuer, audience, jwksUrl } = provider
    gateway = await startTestGateway(core, { auth: { tokens: { issuer, audience, jwksUrl } } })
    core.answer(reply(200, HEALTH))
  })

  afterEach(async () => {
    await gateway.close()
    await core.close()
  })

  const call = (headers: Record<string, string>) => gateway.rest('GET', '/health/core', undefined, headers)

  test('sends unauthenticated callers the URL of its metadata, which names the token issuer', async () => {
    const url = `${gateway.url}/.well-known/oauth-protected-resource`
    const rejected = [
      await call({}),
      await gateway.native('coreHealth'),
      await call({ authorization: 'Bearer nonsense' }),
    ]
    for (const [index, { status, headers }] of rejected.entries()) {
      expect(status).toBe(401)
      const error = index === 2 ? 'error="invalid_token", ' : ''
      expect(headers.get('www-authenticate')).toBe(`Bearer realm="achilles", ${error}resource_metadata="${url}"`)
    }
    const metadata = await fetch(url, { headers: { 'x-forwarded-host': 'elsewhere.example' } })
    expect(metadata.headers.get('cache-control')).toBe('no-store')
    expect(await metadata.json()).toEqual({
      resource: gateway.url,
      authorization_servers: [provider.issuer],
      bearer_methods_supported: ['header'],
      resource_name: 'Achilles MCP Gateway',
    })
    expect(core.seen).toEqual([])
  })

  test('forwards calls with the name and workspaces of the token', async () => {
    const token = await provider.token({ workspaces: ['ws-a', 'ws-b'] })
    expect((await call({ authorization: `Bearer ${token}` })).status).toBe(200)
    expect(core.seen[0]?.headers['x-achilles-workspaces']).toBe('ws-a,ws-b')
    expect(core.seen[0]?.headers['x-achilles-client']).toBeTruthy()
    expect(core.seen[0]?.headers.authorization).toBe('Bearer core-key')
  })

  test('responds with 503 while the issuer is down, except for its own health', async () => {
    const authorization = `Bearer ${await provider.token()}`
    await provider.goDown()
    expect(await call({ authorization })).toMatchObject({ status: 503, problem: { code: 'SERVICE_UNAVAILABLE' } })
    expect((await gateway.rest('GET', '/health', undefined, { authorization })).status).toBe(200)
    await provider.goUp()
  })
})
