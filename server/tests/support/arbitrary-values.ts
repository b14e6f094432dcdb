import { ExactNumber } from '@achilles/mcp-contract'
import fc from 'fast-check'

const CHARACTERS = [
  ...['a', 'Z', '0', ' ', '.', '/', '\\', '"', '%', '@', ':', '-', '\u0000', '\u001f', '\u007f', '\u009f', '\n'],
  ...['\u00e9', '\u0301', '\u2028', '\ufeff', '\uffff', '\u{1f600}', '\u{10ffff}', '\ud800', '\udc00'],
]

/** Any text, including control characters, astral characters and lone surrogates. */
export const text = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(...CHARACTERS), maxLength: 8 }) },
)

/** Texts with a length at or next to a limit, of characters with one, two or three bytes or surrogate pairs. */
export const textOfLength = (length: number) =>
  fc
    .tuple(fc.integer({ min: Math.max(0, length - 1), max: length + 1 }), fc.constantFrom('a', '\u00e9', '\u{1f600}'))
    .map(([count, character]) => character.repeat(count))

export const id = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,20}$/) },
  { weight: 1, arbitrary: textOfLength(256) },
  { weight: 1, arbitrary: fc.constantFrom('a', '..a', 'a b', '\u{1f600}', '\ud800', '%2e%2e', 'a/b', '__proto__') },
)

const two = (max: number) => fc.integer({ min: 0, max }).map((value) => String(value).padStart(2, '0'))
const fraction = fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,12}$/))
const zone = fc.oneof(
  fc.constant('Z'),
  fc.tuple(fc.constantFrom('+', '-'), two(23), two(59)).map(([sign, hours, minutes]) => `${sign}${hours}:${minutes}`),
)
const anyDate = fc.date({
  min: new Date('0000-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
})

/** ISO 8601 with a zone, as text or, on the native surface, as a `Date`. */
export const time = fc.oneof(
  anyDate,
  fc
    .tuple(anyDate, two(23), two(59), two(59), fraction, zone)
    .map(([date, h, m, s, rest, z]) => `${date.toISOString().slice(0, 10)}T${h}:${m}:${s}${rest}${z}`),
)

/** Invalid times that look almost valid. */
export const badTime = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      'now',
      '2026-03-02',
      '2026-03-02T09:00:00',
      '2026-03-02 09:00:00Z',
      '2026-03-02T09:00Z',
      '20260302T090000Z',
    ],
    ...['2026-02-30T09:00:00Z', '2025-02-29T09:00:00Z', '2026-13-01T09:00:00Z', '2026-03-02T24:00:00Z'],
    ...['2026-03-02T23:59:60Z', '2026-03-02T09:00:00z', '2026-03-02t09:00:00Z', '2026-03-02T09:00:00+25:00'],
    ...['2026-03-02T09:00:00+0100', '2026-03-02T09:00:00.Z', '2026-03-02T09:00:00,5Z', ' 2026-03-02T09:00:00Z'],
    ...['2026-03-02T09:00:00Z\n', '+010000-01-01T00:00:00Z', '-000001-01-01T00:00:00Z', '2026-W10-1T09:00:00Z'],
    ...['\u0662\u0660\u0662\u0666-03-02T09:00:00Z'],
    ...[1_772_442_000, 1_772_442_000_000, null],
  ),
  fc.date({ min: new Date(8.64e15 - 1e12), max: new Date(8.64e15), noInvalidDate: true }),
)

const digits = (min: number, max: number) => fc.stringMatching(new RegExp(`^[1-9]\\d{${min - 1},${max - 1}}$`))

/** A whole number that a double cannot hold: digits on REST, a `bigint` natively. */
const bigWhole = fc
  .tuple(
    fc.boolean(),
    fc.oneof(digits(17, 25), digits(380, 420), fc.constantFrom('9007199254740993', '9223372036854775807')),
  )
  .map(([negative, whole]) => BigInt(negative ? `-${whole}` : whole))
  .filter((whole) => String(Number(whole)) !== String(whole))

/** A number with more decimals than a double can hold; natively the nearest double. */
const longDecimal = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.integer({ min: 0, max: 300 }),
    digits(18, 40),
    fc.constantFrom('', 'e-7', 'e-400', 'E+200'),
  )
  .map(([sign, whole, decimals, exponent]) => new ExactNumber(`${sign}${whole}.${decimals}${exponent}`))

export const double = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(
    -0,
    0.1,
    1e21,
    1e308,
    5e-324,
    Number.MAX_VALUE,
    2 ** 53 - 1,
    2 ** 53,
    2 ** 53 + 2,
    -(2 ** 53),
    2 ** 60,
  ),
)

export const anyNumber = fc.oneof<fc.Arbitrary<unknown>[]>(double, bigWhole, longDecimal)

/** Invalid for almost every field. Without `Date`, which is text on REST. */
export const junk: fc.Arbitrary<unknown> = fc.oneof<fc.Arbitrary<unknown>[]>(
  fc.constantFrom(null, true, false, 'true', 'false', '5', '', '{}', 'null', 5, -1, 1.5).map((value) => value),
  fc
    .constantFrom('[]', '[[]]', '[null]', '{}', '{"a":1}', '{"__proto__":{"a":1}}', '{"length":1}')
    .map((json) => JSON.parse(json)),
  anyNumber,
  text,
)
