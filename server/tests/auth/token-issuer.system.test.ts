import { gzipSync } from 'node:zlib'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { KeyFetching } from '../../src/auth/issuer-keys.ts'
import { createTokenVerifier } from '../../src/auth/jwt.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts'
import { type IdentityProvider, inSeconds, makeKey, startIdentityProvider } from '../support/identity-provider.ts'

let provider: IdentityProvider
let metrics: Metrics
let lines: string[]

beforeEach(async () => {
  provider = await startIdentityProvider()
  metrics = createMetrics()
  lines = []
})

afterEach(async () => {
  vi.useRealTimers()
  await provider.close()
})

function verifier(fetching: Partial<KeyFetching> = {}) {
  const log = createLog('trace', { write: (line) => lines.push(line) })
  return createTokenVerifier(provider, { log, metrics }, fetching)
}

const logged = (level: number) => lines.map((line) => JSON.parse(line)).filter((entry) => entry.level === level)
const [INFO, ERROR] = [30, 50]
const alice = { name: 'alice' }
const unavailable = { problem: 'SERVICE_UNAVAILABLE', headers: { 'retry-after': '5' } }

async function count(name: 'tokenKeyFetches' | 'staleTokenKeysUsed' | 'tokensRejected', labels = {}): Promise<number> {
  const { values } = await metrics[name].get()
  return values.find((sample) => JSON.stringify(sample.labels) === JSON.stringify(labels))?.value ?? 0
}

/** A token without `kid`. */
async function tokenWithoutKid(key = provider.key): Promise<string> {
  const claims = { iss: provider.issuer, aud: provider.audience, sub: 'alice', exp: inSeconds(300) }
  return new SignJWT(claims).setProtectedHeader({ alg: key.alg }).sign(key.privateKey)
}

const serve = (keys: object[]) => provider.answer((response) => response.end(JSON.stringify({ keys })))

describe('a bad response of the issuer', () => {
  test('is read up to the size limit', async () => {
    let sent = 0
    const closed = new Promise<void>((resolve) => {
      provider.answer((response) => {
        const chunk = Buffer.alloc(64 * 1024, ' ')
        response.once('close', resolve)
        const write = () => {
          while (!response.destroyed && sent < 420_000_000) {
            sent += chunk.length
            if (!response.write(chunk)) return void response.once('drain', write)
          }
          response.end('{"keys":[]}')
        }
        write()
      })
    })
    await expect(verifier({ timeoutMs: 30_000 }).find(await provider.token())).rejects.toMatchObject(unavailable)
    await closed
    expect(sent).toBeLessThan(100_000_000)
    expect(logged(ERROR)).toEqual([
      expect.objectContaining({
        err: expect.objectContaining({ message: 'the response is larger than 5242880 bytes' }),
      }),
    ])
  })

  test('is limited by its decompressed size', async () => {
    const packed = gzipSync(Buffer.alloc(100_000_000, ' '))
    provider.answer((response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed))
    await expect(verifier({ timeoutMs: 30_000 }).find(await provider.token())).rejects.toMatchObject(unavailable)
    expect(logged(ERROR)[0].err.message).toContain('larger than')
  })

  test('that arrives slowly is aborted at the time limit', async () => {
    const drips: NodeJS.Timeout[] = []
    provider.answer((response) => {
      response.write('{"keys":[')
      drips.push(setInterval(() => response.write(' '), 20))
    })
    try {
      await expect(verifier({ timeoutMs: 300 }).find(await provider.token())).rejects.toMatchObject(unavailable)
    } finally {
      for (const drip of drips) clearInterval(drip)
    }
  })

  test('is not followed if it is a redirect', async () => {
    const elsewhere = await startIdentityProvider()
    try {
      provider.answer((response) => response.writeHead(302, { location: elsewhere.jwksUrl }).end())
      await expect(verifier().find(await provider.token())).rejects.toMatchObject(unavailable)
      expect(elsewhere.fetches).toBe(0)
    } finally {
      await elsewhere.close()
    }
  })
})

describe('an issuer that is down for longer than the cache time', () => {
  const MINUTE = 60_000

  test('tokens of a cached key are accepted for a day, logged once and counted, until it recovers', async () => {
    let now = 0
    const { find } = verifier({ now: () => now })
    const token = await provider.token()
    expect(await find(token)).toEqual(alice)
    await provider.goDown()

    for (let call = 0; call < 5; call++) {
      now += 60 * MINUTE
      expect(await find(token)).toEqual(alice)
    }
    expect(logged(ERROR)).toHaveLength(1)
    await expect.poll(() => count('staleTokenKeysUsed')).toBe(5)
    expect(await count('tokenKeyFetches', { result: 'failure' })).toBeGreaterThan(0)

    await provider.goUp()
    now += MINUTE
    await expect
      .poll(async () => {
        now += MINUTE
        await find(token)
        return logged(INFO).map(({ msg }) => msg)
      })
      .toEqual(['The keys of the token issuer can be fetched again'])
    const used = await count('staleTokenKeysUsed')
    expect(await find(token)).toEqual(alice)
    expect(await count('staleTokenKeysUsed')).toBe(used)
  })

  test('after a day tokens get 503', async () => {
    let now = 0
    const { find } = verifier({ now: () => now })
    const token = await provider.token()
    await find(token)
    await provider.goDown()
    now = 10 * MINUTE + 24 * 60 * MINUTE - 1
    expect(await find(token)).toEqual(alice)
    now += 10 * MINUTE
    await expect(find(token)).rejects.toMatchObject(unavailable)
  })

  test('without a response, calls do not wait for it once that is known', async () => {
    let now = 0
    const { find } = verifier({ now: () => now, timeoutMs: 2_000 })
    const token = await provider.token()
    await find(token)
    provider.answer(() => {})
    now = 11 * MINUTE
    expect(await find(token)).toEqual(alice)
    now += MINUTE
    // A second fetch is in flight, but the call does not wait for it.
    expect(await find(token)).toEqual(alice)
    expect(logged(ERROR)).toHaveLength(1)
    expect(await count('tokenKeyFetches', { result: 'failure' })).toBe(1)
  })
})

describe('several matching keys', () => {
  test('the same key twice', async () => {
    serve([provider.key.jwk, provider.key.jwk])
    expect(await verifier().find(await provider.token())).toEqual(alice)
  })

  test('two keys of one id', async () => {
    const other = await makeKey()
    serve([{ ...other.jwk, kid: provider.key.kid }, provider.key.jwk])
    expect(await verifier().find(await provider.token())).toEqual(alice)
  })

  test('two keys of one id, one of them unusable', async () => {
    serve([{ kty: 'EC', crv: 'P-256', alg: 'ES256', kid: provider.key.kid, x: 'AA', y: 'AA' }, provider.key.jwk])
    expect(await verifier().find(await provider.token())).toEqual(alice)
  })

  test('a token without an id, and two keys', async () => {
    const other = await makeKey()
    serve([other.jwk, provider.key.jwk])
    const { find } = verifier()
    expect(await find(await tokenWithoutKid())).toEqual(alice)
    expect(await find(await tokenWithoutKid(other))).toEqual(alice)
  })

  test('none of which signed the token', async () => {
    serve([provider.key.jwk, provider.key.jwk])
    expect(await verifier().find(await tokenWithoutKid(await makeKey()))).toBeUndefined()
    expect(logged(INFO)[0]).toMatchObject({ reason: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' })
  })

  test('claims are still checked', async () => {
    serve([provider.key.jwk, provider.key.jwk])
    expect(await verifier().find(await provider.token({ exp: inSeconds(-60) }))).toBeUndefined()
    expect(logged(INFO)[0]).toMatchObject({ reason: 'ERR_JWT_EXPIRED', claim: 'exp' })
  })
})

test('keys without `alg`, `use` and `kid` are found', async () => {
  const { privateKey, publicKey } = await generateKeyPair('Ed25519')
  serve([await exportJWK(publicKey)])
  const { find } = verifier()
  for (const alg of ['Ed25519', 'EdDSA']) {
    const claims = { iss: provider.issuer, aud: provider.audience, sub: 'alice', exp: inSeconds(300) }
    const token = await new SignJWT(claims).setProtectedHeader({ alg }).sign(privateKey)
    expect(await find(token), alg).toEqual(alice)
  }
})

test('of 10,000 keys the right one is found, in about the time of one key', async () => {
  const measure = async (keys: object[]) => {
    serve(keys)
    const { find } = verifier({ timeoutMs: 30_000 })
    const token = await provider.token()
    expect(await find(token)).toEqual(alice)
    const startedAt = performance.now()
    for (let call = 0; call < 50; call++) await find(token)
    return performance.now() - startedAt
  }
  const one = await measure([provider.key.jwk])
  const others = Array.from({ length: 9_999 }, (_, index) => ({ ...provider.key.jwk, kid: `other-${index}` }))
  expect(await measure([...others, provider.key.jwk])).toBeLessThan(one * 10)
})

test('a thousand unknown key ids cause one fetch, also while the issuer is down', async () => {
  let now = 0
  const { find } = verifier({ now: () => now })
  await find(await provider.token())
  const unknownKey = await makeKey()
  const sendMany = async () => {
    const tokens = Array.from({ length: 1000 }, (_, index) => provider.token({}, { key: unknownKey, kid: `k${index}` }))
    return Promise.allSettled(tokens.map(async (token) => find(await token)))
  }
  now += 30_000
  for (const result of await sendMany()) expect(result).toEqual({ status: 'fulfilled', value: undefined })
  expect(provider.fetches).toBe(2)

  await provider.goDown()
  now += 30_000
  for (const result of await sendMany()) expect(result).toMatchObject({ status: 'rejected', reason: unavailable })
  expect(await count('tokenKeyFetches', { result: 'failure' })).toBe(1)
  expect(await find(await provider.token())).toEqual(alice)
})

test('new keys are fetched even if the clock is set back by an hour', async () => {
  const { find } = verifier({ cooldownMs: 20 })
  await find(await provider.token())
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 })
  await provider.rotate()
  const token = await provider.token()
  await expect.poll(() => find(token)).toEqual(alice)
})

describe('why a token is rejected', () => {
  test('is logged once in ten seconds for each reason, with the number of omitted lines', async () => {
    let now = 0
    const { find } = verifier({ now: () => now })
    const expired = await provider.token({ exp: inSeconds(-60) })
    const early = await provider.token({ nbf: inSeconds(60) })
    for (let call = 0; call < 100; call++) await find(expired)
    await find(early)
    now += 10_000
    await find(expired)
    expect(logged(INFO).map(({ reason, claim, omitted, msg }) => ({ reason, claim, omitted, msg }))).toEqual([
      { reason: 'ERR_JWT_EXPIRED', claim: 'exp', omitted: undefined, msg: 'A bearer token is rejected' },
      {
        reason: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
        claim: 'nbf',
        omitted: undefined,
        msg: 'A bearer token is rejected',
      },
      { reason: 'ERR_JWT_EXPIRED', claim: 'exp', omitted: 99, msg: 'A bearer token is rejected' },
    ])
    expect(await count('tokensRejected', { reason: 'ERR_JWT_EXPIRED' })).toBe(101)
  })

  test('is not logged at info for a credential that is not a token', async () => {
    const { find } = verifier()
    for (const text of ['ach_unknown', 'a.b.c', `x${'y'.repeat(1024 * 1024)}`]) expect(await find(text)).toBeUndefined()
    expect(logged(INFO)).toEqual([])
  })
})

test('a token of 1 MB is rejected without verification', async () => {
  const long = await provider.token({ padding: 'x'.repeat(750_000) })
  expect(long.length).toBeGreaterThan(1_000_000)
  expect(await verifier().find(long)).toBeUndefined()
  expect(provider.fetches).toBe(0)
  expect(await count('tokensRejected', { reason: 'TOKEN_TOO_LONG' })).toBe(1)
})
