import * as contract from '@achilles/mcp-contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Document, openApiDocument, operationsOf, resolveRef } from '../support/openapi-document.ts'
import { OPERATIONS } from '../support/operations.ts'
import { type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

let core: ScriptedCore
let gateway: TestGateway
let document: Document

beforeAll(async () => {
  core = await startScriptedCore()
  gateway = await startTestGateway(core)
  document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as Document
})

afterAll(async () => {
  await gateway.close()
  await core.close()
})

describe('/openapi.json', () => {
  test('is OpenAPI 3.1 with exactly the operations of the contract', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(document.servers.map(({ url }) => url)).toEqual(['/api/achilles/v1/mcp'])
    expect(document).toEqual(openApiDocument())
    const routes = operationsOf(document).map(({ method, path }) => `${method} ${path}`)
    const expected = [
      ...OPERATIONS.map(({ method, path }) => `${method} ${path}`),
      'GET /health',
      'GET /signals/insights',
    ]
    expect(routes.toSorted()).toEqual(expected.toSorted())
  })

  test('has every schema of the contract as a component', () => {
    const names = Object.values(contract).flatMap((value) => (value instanceof z.ZodType ? [value.meta()?.id] : []))
    expect(Object.keys(document.components.schemas).toSorted()).toEqual(names.toSorted())
  })

  test('every operation has a unique id, a description, and a described tag', () => {
    const operations = operationsOf(document).map(({ operation }) => operation)
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    for (const { summary, description, tags } of operations) {
      expect(summary).toBeTruthy()
      expect(description).toBeTruthy()
      expect(document.tags.map(({ name }) => name)).toEqual(expect.arrayContaining(tags))
      expect(tags).toHaveLength(1)
    }
    for (const { description } of document.tags) expect(description).toBeTruthy()
  })

  test('every error is a problem, and every response documents its headers', () => {
    for (const { operation } of operationsOf(document)) {
      for (const [status, reference] of Object.entries(operation.responses)) {
        const { description, headers, content } = resolveRef(document, reference)
        expect(description).toBeTruthy()
        expect(Object.keys(headers)).toEqual(expect.arrayContaining(['x-request-id', 'RateLimit', 'RateLimit-Policy']))
        expect('Retry-After' in headers).toBe(['429', '503', 'default'].includes(status))
        expect('WWW-Authenticate' in headers).toBe(status === '401')
        if (status === '200') expect(Object.keys(content)).toEqual(['application/json'])
        else
          expect(Object.entries(content)).toMatchObject([
            ['application/problem+json', { schema: { $ref: '#/components/schemas/Problem' } }],
          ])
      }
    }
  })

  test('every operation except the gateway’s health requires a key', () => {
    const open = operationsOf(document).filter(({ operation }) => operation.security?.length === 0)
    expect(open.map(({ path }) => path)).toEqual(['/health'])
    for (const { operation } of operationsOf(document)) {
      if (operation.security?.length !== 0) expect(operation.security).toEqual([{ bearer: [] }])
    }
  })

  test('writes have an idempotency key, reads do not', () => {
    for (const { operation, method, path } of operationsOf(document)) {
      const names = operation.parameters?.map((parameter) => resolveRef(document, parameter).name)
      const row = OPERATIONS.find((candidate) => candidate.method === method && candidate.path === path)
      expect(names?.includes('idempotency-key')).toBe(row?.writes ?? false)
      expect(names).toContain('x-request-id')
    }
  })

  test('requests are named components; the query variant has the same fields as parameters', () => {
    expect(document.paths['/sessions']?.post?.requestBody?.content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/MCPSessionCreate',
    })
    expect(
      document.paths['/signals/insights']?.get?.parameters?.flatMap(({ in: place, name, required }) =>
        place === 'query' ? [[place, name, required]] : [],
      ),
    ).toEqual([
      ['query', 'session_id', true],
      ['query', 'since', false],
      ['query', 'limit', false],
    ])
  })

  test('building the document does not change the schemas: invalid input is still rejected', async () => {
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

test('/ redirects to /docs', async () => {
  const response = await fetch(`${gateway.url}/`, { redirect: 'manual' })
  expect([response.status, response.headers.get('location')]).toEqual([302, '/docs'])
})

describe('/docs', () => {
  test('is a page whose every script and style is served by the gateway', async () => {
    const answer = await fetch(`${gateway.url}/docs`)
    expect(answer.headers.get('content-security-policy')).toMatch(
      /default-src 'none'; script-src 'self'; style-src 'self';/,
    )
    const sources = [...(await answer.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source)
    expect(sources).toEqual(['data:,', '/docs/reference.css', '/openapi.json', '/docs/reference.js', '/docs/start.js'])
    for (const [path, type, word] of [
      ['/docs/reference.css', 'text/css', '.swagger-ui'],
      ['/docs/reference.js', 'text/javascript', 'SwaggerUIBundle'],
      ['/docs/start.js', 'text/javascript', 'SwaggerUIBundle('],
    ]) {
      const file = await fetch(gateway.url + path)
      expect(file.headers.get('content-type')).toBe(`${type}; charset=utf-8`)
      expect(await file.text()).toContain(word)
    }
  })

  test('its script is compressed if the browser accepts it, and cached', async () => {
    const script = `${gateway.url}/docs/reference.js`
    const packed = await fetch(script, { headers: { 'accept-encoding': 'gzip' } })
    const plain = await fetch(script, { headers: { 'accept-encoding': 'identity' } })
    expect([packed, plain].map(({ headers }) => headers.get('content-encoding'))).toEqual(['gzip', null])
    expect(await packed.text()).toBe(await plain.text())
    const again = await fetch(script, { headers: { 'if-none-match': packed.headers.get('etag') ?? '' } })
    expect(again.status).toBe(304)
  })
})

test('probes respond without Core', async () => {
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
