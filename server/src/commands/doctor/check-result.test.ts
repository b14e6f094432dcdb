import { expect, test } from 'vitest'
import { readConfig } from '../../config.ts'
import { line, literal, redact } from './check-result.ts'

const show = (settings: Record<string, string>) => redact(readConfig(settings))
const withKey = (key: string) => show({ ACHILLES_BASE_URL: 'https://core.example.com', ACHILLES_API_KEY: key })

test.each(['k', 'e', 'ok', 'Core', '404', 'must', '.', 'answered'])('the key %s does not mask literal text', (key) => {
  const own = 'GET /mcp/health was answered with 404: Core must be ok, key k. Ask Core.'
  expect(
    withKey(key)(line`GET ${literal('/mcp/health')} was answered with ${404}: Core must be ok, key k. Ask Core.`),
  ).toBe(own)
})

test('a short secret is masked in values as a whole word, a longer one anywhere', () => {
  expect(withKey('k')(line`key: ${'unknown key k, "k", Bearer k'}`)).toBe('key: unknown key ***, "***", Bearer ***')
  expect(withKey('long-secret')(line`${'xlong-secretx'}`)).toBe('x***x')
  expect(withKey('a.b+c')(line`${'a.b+c, aXb+c'}`)).toBe('***, aXb+c')
  expect(withKey('"q\\"')(line`${'{"detail":"\\"q\\\\\\""}'}`)).toBe('{"detail":"***"}')
})

test.each([
  ['redis://ada:pass%20word@redis/0', ['pass%20word', 'pass word']],
  ['redis://:redis-pw@redis', ['redis-pw']],
  ['redis://token-as-user@redis', ['token-as-user']],
  ['redis://redis?password=in-query', ['in-query']],
])('the secret in %s is masked in every form', (url, spellings) => {
  const shown = show({ REDIS_URL: url })(line`${`${url} ${spellings.join(' ')}`}`)
  for (const spelling of spellings) expect(shown).not.toContain(spelling)
})

test('passwords in the URLs of PostgreSQL and of the token keys', () => {
  const urls = {
    EMBEDDED_CORE_DATABASE_URL: 'postgres://db/core?user=ada&password=pg-secret',
    AUTH_ISSUER: 'https://id.example.com',
    AUTH_AUDIENCE: 'achilles',
    AUTH_JWKS_URL: 'https://id.example.com/jwks?access_token=jwks-secret',
  }
  const shown = show(urls)(line`${Object.values(urls).join(' ')}`)
  expect(shown).not.toMatch(/(pg|jwks)-secret/)
  expect(shown).toContain('id.example.com')
})

test('a secret that is part of another is masked with it', () => {
  const settings = {
    ACHILLES_BASE_URL: 'http://127.0.0.1',
    ACHILLES_API_KEY: 'secretive',
    REDIS_URL: 'redis://:secretive-more@r',
  }
  expect(show(settings)(line`${'secretive-more secretive'}`)).toBe('*** ***')
})
