import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { describe, expect } from 'vitest'
import { LOGS_REQUEST } from '../../src/surfaces/otlp/protobuf-messages.ts'
import { encodeProtobuf } from '../support/encode-protobuf.ts'
import { exportOtlp, logsOf, type OtlpAnswer, PROTOBUF_TYPE, readOtlp } from '../support/otlp-requests.ts'
import { reply } from '../support/scripted-core.ts'
import { test as base } from '../support/scripted-gateway.ts'
import { storeSessions } from '../support/session-core.ts'
import { startTestGateway } from '../support/test-gateway.ts'
import { faultySource, testSource } from '../support/test-source.ts'

const test = base.override('settings', {
  agentSources: [testSource, faultySource],
  upstream: { maxRetries: 0 },
  maxBodyBytes: 100_000,
})

const logs = logsOf([{ session: 's-1', id: 'e-1' }])

type Body = string | Uint8Array<ArrayBuffer>
const BOTH = ['JSON', 'protobuf'] as const
const encode = (which: (typeof BOTH)[number], body: object): Body =>
  which === 'JSON' ? JSON.stringify(body) : encodeProtobuf(body, LOGS_REQUEST)

function expectStatus(
  answer: OtlpAnswer,
  status: number,
  which: (typeof BOTH)[number],
  message: string | RegExp,
): void {
  expect(answer.message).toMatch(message)
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toBe(which === 'JSON' ? 'application/json' : PROTOBUF_TYPE)
  expect(answer.headers.get('x-request-id')).toMatch(/./)
}

describe.each(BOTH)('an error is a Status in the encoding of the request: %s', (which) => {
  const headers = which === 'JSON' ? {} : { 'content-type': PROTOBUF_TYPE }

  test('a body that cannot be decoded', async ({ gateway }) => {
    const body = which === 'JSON' ? '{' : new Uint8Array([0x0a, 0x05, 0x01])
    const answer = await exportOtlp(`${gateway.url}/v1/logs`, body)
    expectStatus(
      answer,
      400,
      which,
      which === 'JSON' ? 'the body is not JSON' : /^resourceLogs\[0\]: not valid protobuf/,
    )
  })

  test('no workspace', async ({ gateway }) => {
    const answer = await exportOtlp(
      `${gateway.url}/v1/logs`,
      encode(which, logsOf([{ session: 's', id: 'e' }], { resource: {} })),
    )
    expectStatus(
      answer,
      400,
      which,
      /^x-achilles-workspace: is missing.*OTEL_EXPORTER_OTLP_HEADERS.*achilles\.workspace/,
    )
  })

  test('another method, with Allow', async ({ gateway }) => {
    const answer = await readOtlp(await fetch(`${gateway.url}/v1/logs`, { headers }))
    expectStatus(answer, 405, which, '/v1/logs supports POST, not GET.')
    expect(answer.headers.get('allow')).toBe('POST')
  })

  test('too large', async ({ gateway }) => {
    const body = which === 'JSON' ? ' '.repeat(100_001) : new Uint8Array(100_001)
    expectStatus(await exportOtlp(`${gateway.url}/v1/logs`, body), 413, which, /limit of 100000 bytes/)
  })

  test('another content encoding', async ({ gateway }) => {
    const answer = await exportOtlp(`${gateway.url}/v1/logs`, encode(which, logs), { 'content-encoding': 'zstd' })
    expectStatus(answer, 415, which, /zstd is not supported; gzip is/)
  })

  test('Core is unreachable: 503 with Retry-After, and nothing is counted', async ({ gateway, core }) => {
    core.answer((_request, response) => response.destroy())
    const answer = await exportOtlp(`${gateway.url}/v1/logs`, encode(which, logs))
    expectStatus(answer, 503, which, /^Core cannot be reached/)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(gateway.requests.at(-1)).toMatchObject({ surface: 'otlp', status: 503, code: 'SERVICE_UNAVAILABLE' })
  })

  test('Core is busy: its 503 or 429, with Retry-After', async ({ gateway, core }) => {
    for (const status of [503, 429]) {
      core.answer(reply(status, { detail: 'later' }))
      const answer = await exportOtlp(`${gateway.url}/v1/logs`, encode(which, logs))
      expectStatus(answer, status, which, 'later')
      expect(answer.headers.get('retry-after')).toBe('1')
    }
    core.answer(reply(503, { detail: 'later' }, { 'retry-after': '7' }))
    const answer = await exportOtlp(`${gateway.url}/v1/logs`, encode(which, logs))
    expect(answer.headers.get('retry-after')).toBe('7')
  })

  test('Core fails: 502, which exporters repeat', async ({ gateway, core }) => {
    core.answer(reply(500, { detail: 'a fault' }))
    expectStatus(await exportOtlp(`${gateway.url}/v1/logs`, encode(which, logs)), 502, which, 'a fault')
  })
})

describe('another content type', () => {
  test.for([
    ['text/plain', 'The body must be application/json or application/x-protobuf, not text/plain.'],
    ['application/grpc', 'OTLP over gRPC is not supported. Set the exporter’s protocol to http/json or http/protobuf'],
    ['application/grpc+proto', 'OTLP over gRPC is not supported.'],
    ['application/protobuf', 'not application/protobuf.'],
  ] as const)('%s is 415', async ([type, message], { gateway }) => {
    const answer = await exportOtlp(`${gateway.url}/v1/logs`, '{}', { 'content-type': type })
    expectStatus(answer, 415, 'JSON', message)
  })

  test('none is 415', async ({ gateway }) => {
    const response = await fetch(`${gateway.url}/v1/logs`, { method: 'POST', body: new Uint8Array([1]) })
    expectStatus(await readOtlp(response), 415, 'JSON', 'the request has no content-type')
  })
})

test('HTTP/2 without TLS, as gRPC speaks: the response and the log name the setting', async ({ gateway }) => {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  const response = await text(socket)
  expect(response).toMatch(/^HTTP\/1\.1 505 HTTP Version Not Supported\r\n/)
  expect(response).toContain('http/protobuf')
  expect(gateway.log.join()).toContain('OTEL_EXPORTER_OTLP_PROTOCOL')
})

describe('what is invalid names its field', () => {
  const record = { timeUnixNano: 'noon' }
  const inResource = (resource: unknown) => ({ resourceLogs: [{ resource }] })
  test.for([
    [[], 'must be an object'],
    ['text', 'must be an object'],
    [{ resourceLogs: {} }, 'resourceLogs: must be an array'],
    [{ resourceLogs: [1] }, 'resourceLogs[0]: must be an object'],
    [{ resourceLogs: [{ scopeLogs: [{}, { logRecords: 5 }] }] }, 'resourceLogs[0].scopeLogs[1].logRecords: must be'],
    [inResource({ attributes: [{ key: 5 }] }), 'resourceLogs[0].resource.attributes[0].key: must be a string'],
    [
      inResource({ attributes: [{ key: 'a', value: { arrayValue: { values: [{ intValue: 'x' }] } } }] }),
      'resourceLogs[0].resource.attributes[0].value.arrayValue.values[0].intValue: must be a whole number',
    ],
    [
      { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] },
      'resourceLogs[0].scopeLogs[0].logRecords[0].timeUnixNano: must be a whole number',
    ],
  ] as [unknown, string][])('%j', async ([body, message], { gateway }) => {
    const answer = await exportOtlp(`${gateway.url}/v1/logs`, JSON.stringify(body))
    expect(answer.message).toContain(message)
    expect(answer.status).toBe(400)
  })
})

test('deep nesting is 400 in both encodings', async ({ gateway }) => {
  const value = `${'{"arrayValue":{"values":['.repeat(3_000)}{}${']}}'.repeat(3_000)}`
  const json = `{"resourceLogs":[{"resource":{"attributes":[{"key":"a","value":${value}}]}}]}`
  expect(await exportOtlp(`${gateway.url}/v1/logs`, json)).toMatchObject({
    status: 400,
    message: 'nested deeper than 128 levels',
  })
  let bytes = new Uint8Array()
  for (let level = 0; level < 1_000; level++) {
    const values = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(bytes).finish()
    bytes = new BinaryWriter().tag(5, WireType.LengthDelimited).bytes(values).finish()
  }
  const nest = (field: number) => {
    bytes = new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(bytes).finish()
  }
  for (const field of [2, 1, 1, 1]) nest(field)
  expect(await exportOtlp(`${gateway.url}/v1/logs`, bytes)).toMatchObject({
    status: 400,
    message: expect.stringContaining('nested deeper than 100 levels'),
  })
})

test('a source that throws costs its record alone, and is logged', async ({ core, gateway }) => {
  const stored = storeSessions(core)
  const { resourceLogs } = logsOf([{ session: 's-2', id: 'e-1' }], { scope: 'faulty' })
  const [ofTest] = logsOf([{ session: 's-2', id: 'e-2' }]).resourceLogs
  const answer = await exportOtlp(`${gateway.url}/v1/logs`, { resourceLogs: [...resourceLogs, ofTest] })
  expect(answer).toMatchObject({ status: 200, partialSuccess: { rejected: 1 } })
  expect(stored.events).toMatchObject([{ event_id: 'e-2' }])
  expect(gateway.log.join()).toContain('a fault of the source')
})

test('a gateway that stops: 503 with Retry-After', async ({ core }) => {
  const gateway = await startTestGateway(core, { agentSources: [testSource] })
  gateway.health.draining = true
  const answer = await exportOtlp(`${gateway.url}/v1/logs`, logs)
  expectStatus(answer, 503, 'JSON', 'The gateway is stopping.')
  expect(answer.headers.get('retry-after')).toBe('1')
  await gateway.close()
})
