import { describe, expect, test } from 'vitest'
import { LINEAR_BELOW, timeGrowth } from '../../../server/tests/support/time-growth.ts'
import { redact } from './redact.ts'

describe('what looks like a secret is replaced', () => {
  test.each([
    ['password = "hunter2x"', 'password = "[redacted:assignment]"'],
    ['DB_PASSWORD=s3cr3tP4ss', 'DB_PASSWORD=[redacted:assignment]'],
    ['{\\"password\\": \\"abc12345\\"}', '{\\"password\\": \\"[redacted:assignment]\\"}'],
    ['postgres://ada:pw123@host/db', 'postgres://ada:[redacted:url-password]@host/db'],
    ['Authorization: Bearer abcdefghijklmnop1', 'Authorization: Bearer [redacted:authorization]'],
    ['curl -u ada:secret1 http://x', 'curl -u ada:[redacted:login] http://x'],
    ['deploy --password hunter2 --yes', 'deploy --password [redacted:option] --yes'],
    ['Cookie: sid=abcdef123456; a=b', 'Cookie: [redacted:cookie]'],
    [`AKIA${'Q'.repeat(16)}`, '[redacted:aws]'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIB', '[redacted:private-key]'],
  ])('%s', (text, redacted) => {
    expect(redact(text)).toBe(redacted)
  })
})

describe('other text stays', () => {
  test.each([
    'const token = getToken()',
    'token: string',
    'max_tokens: 123456789',
    `password: $\{DB_PASSWORD}`,
    'API_KEY=<your key>',
    'the password is checked by passport.js',
    'git commit -m "add tokens to the tokenizer"',
    'https://example.com/path@v1.2.3',
    'docker run -p 8080:80 nginx',
    'compass=north',
  ])('%s', (text) => {
    expect(redact(text)).toBe(text)
  })
})

test('a value under the name of a secret is replaced whole', () => {
  expect(redact('correct horse battery staple', 'password')).toBe('[redacted:named]')
  expect(redact('12 tokens', 'tokens')).toBe('12 tokens')
  expect(redact('***', 'password')).toBe('***')
})

test('a second pass changes nothing', () => {
  const once = redact('password="hunter2x" Authorization: Bearer abcdefghijklmnop1 postgres://a:b1c2d3@h/')
  expect(redact(once)).toBe(once)
})

test.each([
  ['letters', 'a'],
  ['secret names', 'password'],
  ['assignments', 'api_key='],
  ['schemes', 'http://'],
  ['begins of keys', '-----BEGIN PRIVATE KEY-----'],
  ['begins of tokens', 'eyJ'],
  ['options', ' --token'],
  ['quotes', 'token="'],
  ['dots', 'a.b-'],
])('the work is linear in texts of %s', (_, unit) => {
  const growth = timeGrowth(
    8_000,
    (size) => unit.repeat(size / unit.length),
    (text) => redact(text),
  )
  expect(growth).toBeLessThan(LINEAR_BELOW)
})
