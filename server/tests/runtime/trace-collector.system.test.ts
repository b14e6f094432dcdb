import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.ts'

/** A collector with a scripted response to each export. */
async function startCollector() {
  let answer: RequestListener = () => {}
  let open = 0
  let exports = 0
  const server = createServer((request, response) => {
    exports++
    request.resume()
    answer(request, response)
  })
  server.on('connection', (socket) => {
    open++
    socket.on('error', () => {}).once('close', () => open--)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => open,
    exports: () => exports,
    answer(next: RequestListener) {
      answer = next
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const taken: RequestListener = (_request, response) => response.writeHead(200).end()

const FAULTS: [what: string, answer: RequestListener][] = [
  ['is silent', () => {}],
  [
    'sends a response without end, slowly',
    (_request, response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('x'), 20)
      response.once('close', () => clearInterval(timer))
    },
  ],
  [
    'sends a response without end, fast',
    (_request, response) => {
      response.writeHead(200)
      const piece = Buffer.alloc(65_536)
      const more = () => {
        while (!response.destroyed && response.write(piece));
      }
      response.on('drain', more)
      more()
    },
  ],
  ['breaks every connection', (request) => request.socket.destroy()],
]

let collector: Awaited<ReturnType<typeof startCollector>>
let gateway: GatewayProcess | undefined

beforeAll(async () => {
  collector = await startCollector()
})
afterEach(async () => {
  gateway?.process.kill('SIGKILL')
  await gateway?.ended
})
afterAll(() => collector.close())

test.each(FAULTS)('a collector that %s only loses spans, and is used again', async (_what, answer) => {
  collector.answer(answer)
  gateway = await startGatewayProcess({
    ACHILLES_BASE_URL: 'http://127.0.0.1:1',
    ACHILLES_API_KEY: 'k',
    METRICS_PORT: '0',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_TIMEOUT: '400',
    OTEL_BSP_SCHEDULE_DELAY: '10',
    OTEL_BSP_EXPORT_TIMEOUT: '20',
    OTEL_BSP_MAX_QUEUE_SIZE: '20',
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1',
  })
  const { url, lines, logged } = gateway
  const call = async () => expect((await fetch(`${url}/api/achilles/v1/mcp/health`)).status).toBe(200)
  const metric = async (reason: string) => {
    const text = await (await fetch(await logged(/Metrics at (http[^"\s]+)/))).text()
    return Number(text.match(new RegExp(`trace_spans_dropped_total\\{reason="${reason}"\\} (\\d+)`))?.[1] ?? 0)
  }
  // More than the concurrent exports and the queue can hold.
  for (let count = 0; count < 60; count++) await call()
  await expect.poll(() => metric('export_failed')).toBeGreaterThan(0)
  expect(lines.filter((line) => line.includes('Some traces were not sent'))).toHaveLength(1)

  collector.answer(taken)
  await expect.poll(() => collector.connections()).toBe(0)
  const before = collector.exports()
  await call()
  await expect.poll(() => collector.exports()).toBeGreaterThan(before)
  collector.answer(answer)
  for (let count = 0; count < 5; count++) await call()
  gateway.process.kill('SIGTERM')
  expect(await gateway.ended).toBe(0)
})
