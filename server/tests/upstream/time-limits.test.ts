import { connect, type Socket } from 'node:net'
import { expect } from 'vitest'
import { test as base } from '../support/scripted-gateway.ts'

const test = base.extend('open', ({ gateway }) => (bytes: string): Promise<Socket> => {
  const { hostname, port } = new URL(gateway.url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes, () => resolve(socket))).once(
      'error',
      reject,
    )
  })
})

function readResponse(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  return new Promise((resolve) => socket.once('close', () => resolve(text)))
}

test.for<[string, string, number]>([
  ['bytes that are not HTTP', '\u0016\u0003\u0001\u0002\u0000\r\n\r\n', 400],
  ['headers past 16 kB', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400],
])('%s are a problem %i, and the connection is closed', async ([_what, bytes, status], { open }) => {
  const [head = '', body = ''] = (await readResponse(await open(bytes))).split('\r\n\r\n')
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(head).toContain('content-type: application/problem+json')
  expect(JSON.parse(body)).toMatchObject({
    status,
    code: 'BAD_REQUEST',
    request_id: head.match(/x-request-id: (.+)\r/)?.[1],
  })
})

test('a request head that does not arrive within ten seconds is a 408', async ({ open }) => {
  expect(await readResponse(await open('GET /livez HTTP/1.1\r\nhost: x\r\nx-slow: '))).toMatch(/^HTTP\/1.1 408 /)
})

test('500 half-open slow connections do not slow a healthy caller', async ({ gateway, open }) => {
  const p99 = async () => {
    const durations: number[] = []
    for (let call = 0; call < 500; call++) {
      const begun = performance.now()
      await gateway.rest('GET', '/health')
      durations.push(performance.now() - begun)
    }
    return durations.toSorted((a, b) => a - b)[495] ?? 0
  }
  await p99()
  const ratios: number[] = []
  // Repeats until one round is undisturbed, since other load on the machine can only increase the ratio.
  while (ratios.length < 10 && !ratios.some((ratio) => ratio < 2)) {
    const baseline = await p99()
    const slow = await Promise.all(
      Array.from({ length: 500 }, () => open('POST /livez HTTP/1.1\r\nhost: x\r\ncontent-le')),
    )
    const withSlow = await p99()
    for (const socket of slow) socket.destroy()
    ratios.push(withSlow / baseline)
    process.stdout.write(
      `slow connections: p99 ${baseline.toFixed(2)} ms without, ${withSlow.toFixed(2)} ms with 500 of them\n`,
    )
  }
  expect(Math.min(...ratios)).toBeLessThan(2)
})
