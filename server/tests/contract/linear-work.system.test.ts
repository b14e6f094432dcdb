import { findObjectFault, ID, mayExceedDouble, parseJson, stringifyJson, TIME } from '@achilles/mcp-contract'
import { describe, expect, test } from 'vitest'
import { epochMs } from '../../../embedded-core/src/read-request.ts'
import { canonicalName } from '../../../embedded-core/src/store/projects.ts'
import { isLoopbackHost } from '../../src/http/address.ts'
import { isJsonMediaType } from '../../src/http/headers.ts'
import { limitJsonTokens } from '../../src/http/limit-json-tokens.ts'
import { acceptRequestId } from '../../src/middleware/request-id.ts'
import { transformer } from '../../src/procedures/transformer.ts'
import { encodeMessage } from '../../src/surfaces/mcp/encode-message.ts'
import { decodeProtobuf } from '../../src/surfaces/otlp/decode-protobuf.ts'
import { LOGS_REQUEST } from '../../src/surfaces/otlp/protobuf-messages.ts'
import { toLogRecord } from '../../src/surfaces/otlp/records.ts'
import { canForwardVerbatim } from '../../src/upstream/encode-body.ts'
import { LINEAR_BELOW, timeGrowth } from '../support/time-growth.ts'

const repeat = (text: string) => (size: number) => text.repeat(size)
const list = (item: string) => (size: number) => `[${Array(size).fill(item).join()}]`

describe('exact JSON is read and written in linear time', () => {
  test.each<[string, number, (size: number) => string]>([
    ['zeros between two digits', 20_000, (size) => `{"a":1.${'0'.repeat(size)}1}`],
    ['zeros before a digit', 20_000, (size) => `[0.${'0'.repeat(size)}1]`],
    ['zeros after a digit', 20_000, (size) => `[1.${'0'.repeat(size)}]`],
    ['nines', 20_000, (size) => `[${'9'.repeat(size)}]`],
    ['numbers of 512 digits', 20, list('9'.repeat(512))],
    ['numbers beyond a double', 2_000, list('1e999')],
    ['short exponents', 20_000, list('1e9')],
    ['sixteen digits in text', 10_000, (size) => `["${',1234567890.12345'.repeat(size)}",1e999]`],
    ['backslashes', 400_000, (size) => `["${repeat('\\\\')(size)}",1e999]`],
    ['escaped quotes', 400_000, (size) => `["${repeat('\\"')(size)}",1e999]`],
    ['keys', 5_000, (size) => `{${Array.from({ length: size }, (_, index) => `"k${index}":1e999`)}}`],
  ])('%s', (_what, size, write) => {
    expect(timeGrowth(size, write, (text) => stringifyJson(parseJson(text)))).toBeLessThan(LINEAR_BELOW)
    expect(timeGrowth(size, write, mayExceedDouble)).toBeLessThan(LINEAR_BELOW)
  })

  test.each<[string, number, (size: number) => unknown]>([
    ['an id', 200_000, repeat('a')],
    ['an id of surrogates', 100_000, repeat('\ud800')],
  ])('%s is checked in linear time', (_what, size, make) => {
    expect(timeGrowth(size, make, (text) => ID.pattern.test(String(text)))).toBeLessThan(LINEAR_BELOW)
  })

  test('a JSON object is validated in linear time', () => {
    const make = (size: number) => ({ a: Array.from({ length: size }, () => ({ b: [1] })) })
    expect(timeGrowth(20_000, make, findObjectFault)).toBeLessThan(LINEAR_BELOW)
  })
})

/** Each call of `make` creates a new input, since reviving changes it in place. */
const reviveGrowth = (size: number, make: (size: number) => object) =>
  timeGrowth(
    size,
    (size) => JSON.stringify(make(size)),
    (text) => transformer.input.deserialize(JSON.parse(text)),
  )

describe('native input is revived in linear time', () => {
  test.each<[string, number, (size: number) => object]>([
    ['a path of backslashes', 4_000, (size) => ({ json: {}, meta: { values: { ['\\'.repeat(size)]: ['Date'] } } })],
    [
      'long paths of backslashes',
      50,
      (size) => ({ json: {}, meta: { values: numbered(size, (at) => ['\\'.repeat(8_000) + at, ['Date']]) } }),
    ],
    ['a path of escaped dots', 4_000, (size) => ({ json: {}, meta: { values: { ['\\.'.repeat(size)]: ['Date'] } } })],
    [
      'deep paths',
      500,
      (size) => ({ json: nested(64), meta: { values: numbered(size, (at) => [`a.a.a.a.a.a.${at}`, ['Date']]) } }),
    ],
    [
      'many values',
      1_000,
      (size) => ({ json: Array(size).fill('1'), meta: { values: numbered(size, (at) => [at, ['bigint']]) } }),
    ],
    ['a long date', 200_000, (size) => ({ json: '1'.repeat(size), meta: { values: ['Date'] } })],
    ['long digits', 200_000, (size) => ({ json: '1'.repeat(size), meta: { values: ['bigint'] } })],
    ['equalities', 50_000, (size) => ({ json: {}, meta: { referentialEqualities: { a: Array(size).fill('a.b') } } })],
    [
      'equalities at the root',
      50_000,
      (size) => ({ json: {}, meta: { referentialEqualities: [Array(size).fill('a')] } }),
    ],
  ])('%s', (_what, size, make) => {
    expect(reviveGrowth(size, make)).toBeLessThan(LINEAR_BELOW)
  })
})

const numbered = (size: number, entry: (index: number) => [string | number, unknown]) =>
  Object.fromEntries(Array.from({ length: size }, (_, index) => entry(index)))
const nested = (levels: number): object => (levels === 0 ? {} : { a: nested(levels - 1) })

describe('every pattern applied to requests or responses is matched in linear time', () => {
  // Headers have at most 16 KiB, so the work is too short to be timed once.
  test.each<[string, (text: string) => unknown, (size: number) => string]>([
    ['a media type', isJsonMediaType, (size) => `application/${'+'.repeat(size)}`],
    ['parameters of a media type', isJsonMediaType, (size) => `application/json${'; '.repeat(size)}`],
    ['a request id', acceptRequestId, repeat('a')],
    ['a loopback host', isLoopbackHost, repeat(':1')],
    ['a loopback address', isLoopbackHost, (size) => `127${'.1'.repeat(size)}`],
  ])('%s', (_what, match, make) => {
    const often = (text: string) => {
      for (let time = 0; time < 200; time++) match(text)
    }
    expect(timeGrowth(2_000, make, often)).toBeLessThan(LINEAR_BELOW)
  })

  test.each<[string, (text: string) => unknown, (size: number) => string]>([
    ['a time', (text) => TIME.pattern.test(text), (size) => `2026-03-02T09:00:00.${'1'.repeat(size)}`],
    ['days of leap years', (text) => TIME.pattern.test(text), repeat('2024-02-29')],
    ['a time that is stored', epochMs, (size) => `2026-03-02T09:00:00.${'1'.repeat(size)}Z`],
    ['a project’s URL', nameOfUrl, repeat('/.git')],
    ['slashes of a project’s URL', nameOfUrl, repeat('/')],
    ['tokens', limitJsonTokens, repeat('"\\\\"')],
    ['text without an end', limitJsonTokens, (size) => `"${'\\'.repeat(2 * size)}`],
    ['line breaks of a response', (text) => encodeMessage(messageWith(text)), repeat('\r\n')],
    ['text of a response', (text) => canForwardVerbatim(Buffer.from(text), text), repeat('"')],
  ])('%s', (_what, match, make) => {
    expect(timeGrowth(200_000, make, match)).toBeLessThan(LINEAR_BELOW)
  })
})

describe('telemetry is read in linear time', () => {
  // Below the limit of fields, which ends the work early.
  const SIZE = 50_000

  test.each<[string, (size: number) => Uint8Array]>([
    ['empty messages', (size) => new Uint8Array(2 * size).map((_, index) => (index % 2 === 0 ? 0x0a : 0))],
    ['unknown groups', (size) => new Uint8Array(2 * size).map((_, index) => (index % 2 === 0 ? 0x7b : 0x7c))],
  ])('protobuf: %s', (_what, make) => {
    const read = (bytes: Uint8Array) => decodeProtobuf(bytes, LOGS_REQUEST)
    expect(timeGrowth(SIZE, make, read)).toBeLessThan(LINEAR_BELOW)
  })

  test.each<[string, (size: number) => unknown[]]>([
    [
      'attributes',
      (size) => Array.from({ length: size }, (_, index) => ({ key: `k${index}`, value: { intValue: index } })),
    ],
    ['attributes with one key', (size) => Array(size).fill({ key: 'k', value: { stringValue: 'v' } })],
    ['elements', (size) => [{ key: 'k', value: { arrayValue: { values: Array(size).fill({}) } } }]],
  ])('records with many %s', (_what, make) => {
    const context = { resource: {}, scope: '', receivedAt: '2026-03-02T09:00:00Z' }
    const read = (attributes: unknown[]) => toLogRecord({ attributes }, context)
    expect(timeGrowth(5_000, make, read)).toBeLessThan(LINEAR_BELOW)
  })
})

const nameOfUrl = (vcs_remote_url: string) => canonicalName({ workspace_id: 'w', workspace_root: '/', vcs_remote_url })
const messageWith = (text: string) => ({ result: { content: [{ type: 'text', text }], structuredContent: {} } })
