import { request } from 'node:http'
import { Options } from 'got'
import { expect, test, vi } from 'vitest'
import { reply, startScriptedCore } from '../../tests/support/scripted-core.ts'
import { createCoreClient } from './client.ts'

vi.mock('node:http', async (original) => {
  const http = await original<typeof import('node:http')>()
  return { ...http, request: vi.fn(http.request) }
})

test('got builds no options of its own: Node gets what the connection needs', async () => {
  const core = await startScriptedCore()
  core.answer(reply(200, {}))
  const gots = vi.spyOn(Options.prototype, 'createNativeRequestOptions')
  const options = { apiKey: 'core-key', timeoutMs: 10_000, maxRetries: 0, mayRetry: () => true }
  const call = createCoreClient({ baseUrl: core.url, ...options })
  const { statusCode } = await call('/mcp/health?a=1', { method: 'POST', body: '{}' })
  await core.close()

  expect(statusCode).toBe(200)
  expect(gots).not.toHaveBeenCalled()
  const [[given]] = vi.mocked(request).mock.calls as unknown as [[{ headers: object }]]
  expect(Object.keys(given).sort()).toEqual(['agent', 'headers', 'hostname', 'method', 'path', 'port', 'protocol'])
  expect(given).toMatchObject({ method: 'POST', path: '/mcp/health?a=1', hostname: '127.0.0.1' })
  expect(given.headers).toMatchObject({ authorization: 'Bearer core-key', 'content-type': 'application/json' })
})
