import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

let core: ScriptedCore
let gateway: TestGateway

beforeAll(async () => {
  core = await startScriptedCore()
  gateway = await startTestGateway(core)
})

afterAll(async () => {
  await gateway.close()
  await core.close()
})

const problemOf = async (response: Response) => {
  const body = JSON.parse(await response.text())
  const [answer] = [body].flat()
  return answer.error?.json.data ?? body
}

describe('a native path with the wrong method is 405 with Allow', () => {
  test.each([
    ['PUT', '/trpc/health', 'GET, HEAD, POST'],
    ['DELETE', '/trpc/coreHealth', 'GET, HEAD, POST'],
    ['PATCH', '/trpc/sessions.create', 'POST'],
    ['OPTIONS', '/trpc/health', 'GET, HEAD, POST'],
    ['PUT', '/trpc/health,signals.insights?batch=1', 'GET, HEAD, POST'],
    ['PUT', '/trpc/%68ealth', 'GET, HEAD, POST'],
  ])('%s %s', async (method, path, allow) => {
    const init = { method, ...(method !== 'OPTIONS' && { body: '{}', headers: { 'content-type': 'text/plain' } }) }
    const response = await fetch(gateway.url + path, init)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe(allow)
    expect(await problemOf(response)).toMatchObject({ status: 405, code: 'METHOD_NOT_SUPPORTED' })
  })

  test('a mutation by GET', async () => {
    const response = await fetch(`${gateway.url}/trpc/sessions.create`)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
  })

  test('an unknown procedure is 404', async () => {
    expect((await fetch(`${gateway.url}/trpc/nothing`, { method: 'PUT' })).status).toBe(404)
  })
})

test('HEAD works where GET does', async () => {
  const response = await fetch(`${gateway.url}/trpc/health`, { method: 'HEAD' })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.text()).toBe('')
})

describe('a preflight from an origin that is not allowed', () => {
  const preflight = (url: string, path: string, origin: string) =>
    fetch(url + path, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
    })

  test.each(['/trpc/health', '/api/achilles/v1/mcp/sessions', '/mcp'])(
    '%s: 403 with a hint to CORS_ORIGINS, logged once per origin',
    async (path) => {
      const origin = `http://localhost:${path.length}`
      for (let time = 0; time < 2; time++) {
        const response = await preflight(gateway.url, path, origin)
        expect(response.status).toBe(403)
        expect((await problemOf(response)).detail).toContain('CORS_ORIGINS')
      }
      const lines = gateway.log.filter((line) => line.includes('CORS_ORIGINS') && line.includes(`"${origin}"`))
      expect(lines).toHaveLength(1)
    },
  )

  test('many origins do not flood the log', async () => {
    for (let page = 0; page < 40; page++) await preflight(gateway.url, '/mcp', `http://localhost:${10_000 + page}`)
    expect(gateway.log.filter((line) => line.includes('CORS_ORIGINS')).length).toBeLessThanOrEqual(16)
  })

  test('one that is listed may, another may not', async () => {
    const listed = await startTestGateway(core, { auth: { corsOrigins: ['http://localhost:3000'] } })
    expect((await preflight(listed.url, '/trpc/health', 'http://localhost:3000')).status).toBe(204)
    expect((await preflight(listed.url, '/trpc/health', 'http://localhost:3001')).status).toBe(403)
    await listed.close()
  })
})
