import { once } from 'node:events'
import { request } from 'node:http'
import { Options } from 'got'
import { expect, test, vi } from 'vitest'
import { createCoreClient } from './client.ts'

vi.mock('node:http', async (original) => {
  const http = await original<typeof import('node:http')>()
  return { ...http, request: vi.fn(http.request) }
})

test('got builds no options of its own: Node gets what the connection needs', async () => {
  const { createServer } = await import('node:http')
  const server = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const gots = vi.spyOn(Options.prototype, 'createNativeRequestOptions')
  const options = { apiKey: 'core-key', timeoutMs: 10_000, maxRetries: 0, mayRetry: () => true }
  const call = createCoreClient({ baseUrl: `http://127.0.0.1:${address.port}`, ...options })
  const { statusCode } = await call('/mcp/health?a=1', { method: 'POST', body: '{}' })
  server.close()
  server.closeAllConnections()

  expect(statusCode).toBe(200)
  expect(gots).not.toHaveBeenCalled()
  const [[given]] = vi.mocked(request).mock.calls as unknown as [[{ headers: object }]]
  expect(Object.keys(given).sort()).toEqual(['agent', 'headers', 'hostname', 'method', 'path', 'port', 'protocol'])
  expect(given).toMatchObject({ method: 'POST', path: '/mcp/health?a=1', hostname: '127.0.0.1' })
  expect(given.headers).toMatchObject({ authorization: 'Bearer core-key', 'content-type': 'application/json' })
})
