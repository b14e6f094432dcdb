import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect } from 'vitest'
import { startGatewayProcess } from '../support/gateway-process.ts'
import { inTurn, reply, type Script } from '../support/scripted-core.ts'
import { testWithCore } from '../support/scripted-gateway.ts'
import { startTestGateway } from '../support/test-gateway.ts'

const MIB = 2 ** 20
const HEALTHY = { status: 'ok', uptime_seconds: 1, accepting_signals: true, last_ingest_error_at: null }
const OK = reply(200, HEALTHY)

const test = testWithCore
  .extend('gatewayProcess', async ({ core }, { onCleanup }) => {
    const gateway = await startGatewayProcess({
      ACHILLES_BASE_URL: core.url,
      ACHILLES_API_KEY: 'k',
      HTTP_TIMEOUT_SECONDS: '20',
      HTTP_DEADLINE_SECONDS: '40',
      HTTP_MAX_RETRIES: '2',
    })
    onCleanup(async () => {
      gateway.process.kill('SIGKILL')
      await gateway.ended
    })
    return gateway
  })
  .extend('peakMemory', ({ gatewayProcess }) => async (): Promise<number> => {
    const status = await readFile(`/proc/${gatewayProcess.process.pid}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
  })
  .extend(
    'ask',
    ({ gatewayProcess }) =>
      () =>
        fetch(`${gatewayProcess.url}/api/achilles/v1/mcp/health/core`),
  )
  .extend('gateway', async ({ core }, { onCleanup }) => {
    const upstream = { timeoutMs: 20_000, deadlineMs: 25_000, maxRetries: 2 }
    const gateway = await startTestGateway(core, { upstream })
    onCleanup(async () => {
      await gateway.close()
    })
    return gateway
  })

/** Writes as long as the peer reads. */
function flood(socket: Socket | null, chunk: string | Buffer): void {
  const more = () => {
    if (socket && !socket.destroyed && socket.write(chunk)) setImmediate(more)
  }
  socket?.on('drain', more).on('error', () => {})
  more()
}

const raw =
  (head: string, chunk: string | Buffer): Script =>
  (_request, { socket }) => {
    socket?.write(head)
    flood(socket, chunk)
  }

const chunkOf = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const CHUNKED = 'content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n'

describe('a Core that never stops sending', () => {
  test.for<[string, Script, number]>([
    ['chunks', raw(`HTTP/1.1 200 OK\r\n${CHUNKED}${chunkOf('["')}`, chunkOf('x'.repeat(MIB))), 502],
    ['white space', raw('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n', ' '.repeat(MIB)), 502],
    ['a huge Content-Length', raw('HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\n', 'x'.repeat(MIB)), 502],
    ['a 404', raw(`HTTP/1.1 404 Not Found\r\n${CHUNKED}`, chunkOf('x'.repeat(MIB))), 502],
    ['a 503', raw(`HTTP/1.1 503 Busy\r\n${CHUNKED}`, chunkOf('x'.repeat(MIB))), 502],
    ['one header', raw('HTTP/1.1 200 OK\r\nx: ', 'x'.repeat(MIB)), 503],
    ['headers', raw('HTTP/1.1 200 OK\r\n', 'x: y\r\n'.repeat(10_000)), 503],
    ['a status line', raw('HTTP/1.1 200 ', 'x'.repeat(MIB)), 503],
    ['a chunk extension', raw(`HTTP/1.1 200 OK\r\n${CHUNKED}1;x=`, 'x'.repeat(MIB)), 503],
    ['trailers', raw(`HTTP/1.1 200 OK\r\n${CHUNKED}0\r\n`, 'x: y\r\n'.repeat(10_000)), 503],
    ['100 Continue', raw('', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000)), 502],
    ['103 Early Hints', raw('', 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(1000)), 502],
  ])('endless %s: the response and memory stay limited', async ([what, script, status], { core, ask, peakMemory }) => {
    core.answer(OK)
    expect((await ask()).status).toBe(200)
    const before = await peakMemory()
    core.answer(script)
    const response = await ask()
    const grown = (await peakMemory()) - before
    process.stdout.write(`endless ${what}: ${response.status}, memory grew by ${(grown / MIB).toFixed(0)} MiB\n`)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ retryable: true })
    expect(grown).toBeLessThan(256 * MIB)
    core.answer(OK)
    expect((await ask()).status).toBe(200)
  })
})

describe('the size of a response', () => {
  const padded = (bytes: number) => {
    const json = JSON.stringify(HEALTHY)
    return reply(200, json + ' '.repeat(bytes - json.length))
  }

  test('of 32 MiB is read', async ({ core, gateway }) => {
    core.answer(padded(32 * MIB))
    expect((await gateway.rest('GET', '/health/core')).status).toBe(200)
  })

  test('of a byte more is a 502 after one attempt, logged once and counted', async ({ core, gateway }) => {
    core.answer(padded(32 * MIB + 1))
    for (let call = 1; call <= 2; call++) {
      const { problem } = await gateway.rest('GET', '/health/core')
      expect(problem).toMatchObject({ status: 502, code: 'BAD_GATEWAY', retryable: true })
      expect(core.seen).toHaveLength(call)
    }
    expect(gateway.log.filter((line) => line.includes('32 MiB'))).toHaveLength(1)
    expect(await gateway.metrics.registry.metrics()).toContain('core_rejections_total{reason="response_too_large"} 2')
    expect(gateway.health.ready).toBe(true)
  })

  // Vitest reports a socket error without a listener, which would end the gateway's process.
  test.for<[string, (response: ServerResponse, body: string) => void]>([
    ['with its length', (response, body) => response.setHeader('content-length', body.length).end(body)],
    ['in chunks', (response, body) => response.write(body, () => response.end())],
    ['up to the end of the connection', (response, body) => response.setHeader('connection', 'close').end(body)],
  ])(
    'of a byte more, sent %s, does not affect later calls, whatever the status',
    async ([_how, send], { core, gateway }) => {
      const body = JSON.stringify(HEALTHY)
      for (const status of [200, 404]) {
        core.answer((_request, response) => {
          response.statusCode = status
          send(response, body + ' '.repeat(32 * MIB + 1 - body.length))
        })
        const { problem } = await gateway.rest('GET', '/health/core')
        expect(problem?.status).toBeGreaterThanOrEqual(400)
        core.answer(OK)
        expect((await gateway.rest('GET', '/health/core')).status).toBe(200)
      }
    },
  )

  test('compressed although identity was requested is not decompressed', async ({ core, gateway }) => {
    core.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      response.end(gzipSync(Buffer.alloc(256 * MIB, ' ')))
    })
    expect((await gateway.rest('GET', '/health/core')).problem).toMatchObject({ status: 502, code: 'BAD_GATEWAY' })
  })
})

describe('a response that Node’s parser rejects counts as a network failure', () => {
  const bytes =
    (text: string): Script =>
    (_request, { socket }) =>
      socket?.end(text)

  const REJECTED: [string, Script][] = [
    ['another protocol', bytes('SSH-2.0-OpenSSH_9.2\r\n')],
    ['TLS', bytes('\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003')],
    ['an unknown version', bytes('HTTP/9.9 200 OK\r\n\r\n')],
    ['a status that is not a number', bytes('HTTP/1.1 abc OK\r\n\r\n')],
    ['a header without a colon', bytes('HTTP/1.1 200 OK\r\nnonsense\r\n\r\n')],
    ['a control character in a header', bytes('HTTP/1.1 200 OK\r\nx: \u0000\r\n\r\n')],
    ['a Content-Length that is not a number', bytes('HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n{}')],
    ['two lengths', bytes('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}')],
    ['two kinds of length', bytes(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\n${CHUNKED}0\r\n\r\n`)],
    ['a chunk size that is not a number', bytes(`HTTP/1.1 200 OK\r\n${CHUNKED}zz\r\n`)],
    ['a body longer than its chunk', bytes(`HTTP/1.1 200 OK\r\n${CHUNKED}1\r\n{}\r\n0\r\n\r\n`)],
  ]

  test.for(REJECTED)('%s: retried', async ([_what, script], { core }) => {
    const gateway = await startTestGateway(core, { upstream: { maxRetries: 1 } })
    core.answer(inTurn(script, OK))
    expect((await gateway.rest('GET', '/health/core')).status).toBe(200)
    expect(core.seen).toHaveLength(2)
    await gateway.close()
  })

  test.for(REJECTED)('%s on every attempt: 503', async ([_what, script], { core }) => {
    const gateway = await startTestGateway(core, { upstream: { maxRetries: 1 } })
    core.answer(script)
    const { problem, headers } = await gateway.rest('GET', '/health/core')
    expect(problem).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE', retryable: true })
    expect(headers.get('retry-after')).toBe('1')
    expect(core.seen).toHaveLength(2)
    await gateway.close()
  })

  test('a second response after the first never reaches another call', async ({ core }) => {
    const gateway = await startTestGateway(core)
    const body = JSON.stringify(HEALTHY)
    const response = (text: string) =>
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`
    core.answer(inTurn((_request, { socket }) => socket?.write(response(body) + response('{"status":"smuggled"}')), OK))
    for (let call = 0; call < 3; call++) {
      const { status, value } = await gateway.rest('GET', '/health/core')
      expect([200, 503]).toContain(status)
      expect(value).not.toMatchObject({ status: 'smuggled' })
    }
    await gateway.close()
  })
})
