import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { LOGS_REQUEST, METRICS_REQUEST, TRACES_REQUEST } from '../../src/surfaces/otlp/protobuf-messages.ts'
import { encodeProtobuf } from '../support/encode-protobuf.ts'
import { exportOtlp, logsOf, spansOf } from '../support/otlp-requests.ts'
import { test as base } from '../support/scripted-gateway.ts'
import { storeSessions } from '../support/session-core.ts'

const test = base.extend('post', ({ gateway }) => async (path: string, body: string | Uint8Array<ArrayBuffer>) => {
  const { status } = await exportOtlp(gateway.url + path, body)
  return status
})

const PATHS = ['/v1/logs', '/v1/traces', '/v1/metrics']
const STATUSES = [200, 400, 413]
const RUNS = { numRuns: 150 }

const REQUESTS = [
  [
    '/v1/logs',
    logsOf([
      { session: 's', id: 'e' },
      { session: 's', end: 'completed' },
    ]),
    LOGS_REQUEST,
  ],
  ['/v1/traces', spansOf([{ session: 's', id: 'e' }]), TRACES_REQUEST],
  ['/v1/metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: [{}] }] }] }, METRICS_REQUEST],
] as const

describe('no input is an internal error', () => {
  test('any bytes', async ({ core, post }) => {
    storeSessions(core)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PATHS), fc.uint8Array({ maxLength: 300 }), async (path, bytes) => {
        expect(STATUSES).toContain(await post(path, new Uint8Array(bytes)))
      }),
      RUNS,
    )
  })

  test('valid protobuf with a few bytes changed', async ({ core, post }) => {
    storeSessions(core)
    const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...REQUESTS),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        async ([path, request, message], changes) => {
          const bytes = encodeProtobuf(request, message)
          for (const { at, byte } of changes) bytes[at % bytes.length] = byte
          expect(STATUSES).toContain(await post(path, bytes))
        },
      ),
      RUNS,
    )
  })

  test('protobuf that ends anywhere', async ({ core, post }) => {
    storeSessions(core)
    const [path, request, message] = REQUESTS[0]
    const bytes = encodeProtobuf(request, message)
    for (let length = 0; length < bytes.length; length++) {
      expect(STATUSES).toContain(await post(path, bytes.slice(0, length)))
    }
  })

  test('any JSON', async ({ core, post }) => {
    storeSessions(core)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PATHS), fc.json(), async (path, json) => {
        expect(STATUSES).toContain(await post(path, json))
      }),
      RUNS,
    )
  })

  test('requests with any value in the place of one', async ({ core, post }) => {
    storeSessions(core)
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('NaN', '-1', '1e999', '9'.repeat(40), '\ud800', '__proto__'))
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...REQUESTS), fc.nat(), value, async ([path, request], at, value) => {
        const places = countValues(request)
        let index = 0
        const changed = JSON.stringify(request, (_key, child) => (index++ === at % places ? value : child))
        if (changed !== undefined) expect(STATUSES).toContain(await post(path, changed))
      }),
      RUNS,
    )
  })

  test('attributes with names of a prototype', async ({ core, gateway }) => {
    const stored = storeSessions(core)
    const [ofResource] = logsOf([{ session: 's', id: 'e' }], { scope: 'x' }).resourceLogs
    ofResource?.resource.attributes.push({ key: '__proto__', value: { stringValue: 'x' } })
    expect((await exportOtlp(`${gateway.url}/v1/logs`, { resourceLogs: [ofResource] })).status).toBe(200)
    expect(Object.prototype).not.toHaveProperty('key')
    expect(stored.calls).toEqual([])
  })
})

function countValues(value: unknown): number {
  const children = typeof value === 'object' && value !== null ? Object.values(value) : []
  return children.reduce((sum: number, child) => sum + countValues(child), 1)
}

describe('a small body cannot become a large value', () => {
  const emptyMessages = (count: number, ...fields: number[]) => {
    let bytes = new Uint8Array(count * 2).map((_, index) => (index % 2 === 0 ? 0x0a : 0))
    for (const field of fields) bytes = new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(bytes).finish()
    return bytes
  }

  test.for([
    ['resources', []],
    ['attributes of a resource', [1, 1]],
    // 1: values of an array; 5: the array of a body; 5: the body; 2: the record, its scope; 1: the resource's.
    ['values of a body', [5, 5, 2, 2, 1]],
  ] as [string, number[]][])('%s', async ([_, fields], { post }) => {
    expect(await post('/v1/logs', emptyMessages(100_000, ...fields))).not.toBe(413)
    expect(await post('/v1/logs', emptyMessages(2_000_000, ...fields))).toBe(413)
  })

  test('records', async ({ post }) => {
    const records = (count: number) => `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${'{},'.repeat(count)}{}]}]}]}`
    expect(await post('/v1/logs', records(9_999))).toBe(200)
    expect(await post('/v1/logs', records(10_000))).toBe(413)
  })
})
