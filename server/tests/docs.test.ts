import * as contract from '@achilles/mcp-contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { OPERATIONS } from './operations.ts'
import { type ScriptedCore, startScriptedCore } from './scripted-core.ts'
import { startTestGateway, type TestGateway } from './test-gateway.ts'

interface Operation {
  operationId: string
  summary: string
  description: string
  tags: string[]
  parameters?: { in: string; name: string; required: boolean }[]
  requestBody?: { content: { 'application/json': { schema: { $ref?: string } } } }
  responses: Record<string, { content: Record<string, { schema: { $ref?: string } }> }>
}

let core: ScriptedCore
let gateway: TestGateway
let document: {
  openapi: string
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown> }
}

beforeAll(async () => {
  core = await startScriptedCore()
  gateway = await startTestGateway(core)
  document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as typeof document
})

afterAll(async () => {
  await gateway.close()
  await core.close()
})

describe('/openapi.json', () => {
  test('is OpenAPI 3.1 of exactly the operations of the contract', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(document.servers).toEqual([{ url: '/api/achilles/v1/mcp' }])
    const routes = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const expected = [
      ...OPERATIONS.map(({ method, path }) => `${method} ${path}`),
      'GET /health',
      'GET /signals/insights',
    ]
    expect(routes.toSorted()).toEqual(expected.toSorted())
  })

  test('names every schema of the contract as a component', () => {
    const names = Object.entries(contract).flatMap(([name, value]) => (value instanceof z.ZodType ? [name] : []))
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(names))
    expect(Object.keys(document.components.schemas).filter((name) => name.startsWith('error'))).toEqual([])
  })

  test('every operation has an id of its own, words, a tag, and problems for its errors', () => {
    const operations = Object.values(document.paths).flatMap((item) => Object.values(item))
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    for (const { summary, description, tags, responses } of operations) {
      expect(summary).toBeTruthy()
      expect(description).toBeTruthy()
      expect(tags).toHaveLength(1)
      for (const [status, { content }] of Object.entries(responses)) {
        if (status !== '200')
          expect(content['application/problem+json']?.schema.$ref).toBe('#/components/schemas/Problem')
      }
    }
  })

  test('requests are named components; the query variant has the same fields as parameters', () => {
    expect(document.paths['/sessions']?.post?.requestBody?.content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/MCPSessionCreate',
    })
    expect(
      document.paths['/signals/insights']?.get?.parameters?.map(({ in: place, name, required }) => [
        place,
        name,
        required,
      ]),
    ).toEqual([
      ['query', 'session_id', true],
      ['query', 'since', false],
      ['query', 'limit', false],
    ])
  })

  test('making it changes no schema: what was refused is refused still', async () => {
    for (const create_if_missing of ['false', 0, null]) {
      const { status } = await gateway.rest('POST', '/projects/resolve', {
        workspace_id: 'w',
        workspace_root: '/',
        create_if_missing,
      })
      expect(status).toBe(400)
    }
  })
})

describe('/docs', () => {
  test('is a page whose every script is served by the gateway', async () => {
    const page = await (await fetch(`${gateway.url}/docs`)).text()
    const sources = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source)
    expect(sources).toEqual(['data:,', '/docs/reference.js'])
    const script = await fetch(`${gateway.url}/docs/reference.js`)
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(await script.text()).toContain('createApiReference')
  })
})

test('probes answer without Core', async () => {
  expect(await (await fetch(`${gateway.url}/livez`)).json()).toEqual({ status: 'ok' })
  expect(await (await fetch(`${gateway.url}/readyz`)).json()).toEqual({ status: 'ok' })
  gateway.health.draining = true
  const readyz = await fetch(`${gateway.url}/readyz`)
  expect(readyz.status).toBe(503)
  expect(await gateway.rest('GET', '/health')).toMatchObject({
    value: { status: 'draining', accepting_signals: false },
  })
  gateway.health.draining = false
})
