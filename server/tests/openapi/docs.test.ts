import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as contract from '@achilles/mcp-contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { getPublishFields } from '../../../build/repository.ts'
import { coreDocument, type Document, openApiDocument, operationsOf, resolveRef } from '../support/openapi-document.ts'
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
    expect(document.paths).toEqual(withoutSecurity(openApiDocument()).paths)
    expect(document.components).toEqual(withoutSecurity(openApiDocument()).components)
    const routes = operationsOf(document).map(({ method, path }) => `${method} ${path}`)
    const expected = [
      ...OPERATIONS.map(({ method, path }) => `${method} ${path}`),
      'GET /health',
      'GET /signals/insights',
      'GET /signals/insights/stream',
    ]
    expect(routes.toSorted()).toEqual(expected.toSorted())
  })

  test('has every schema of the contract as a component', () => {
    const names = Object.values(contract).flatMap((value) => (value instanceof z.ZodType ? [value.meta()?.id] : []))
    const ofDefaults = ['MCPInsightsQueryLimit', 'MCPProjectResolveCreateIfMissing']
    // The input of the stream is query parameters.
    const components = [...names.filter((name) => name !== 'MCPInsightsWatch'), ...ofDefaults]
    expect(Object.keys(document.components.schemas).toSorted()).toEqual(components.toSorted())
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
        const type = operation.operationId === 'signalsWatchInsights' ? 'text/event-stream' : 'application/json'
        if (status === '200') expect(Object.keys(content)).toEqual([type])
        else
          expect(Object.entries(content)).toMatchObject([
            ['application/problem+json', { schema: { $ref: '#/components/schemas/Problem' } }],
          ])
      }
    }
  })

  test('names every operation after its procedure, in camel case', () => {
    const ids = operationsOf(document).map(({ operation }) => operation.operationId)
    const procedures = OPERATIONS.map(({ operation }) =>
      operation.replace(/\.(\w)/, (_, letter: string) => letter.toUpperCase()),
    )
    expect(ids.toSorted()).toEqual([...procedures, 'health', 'signalsInsightsQuery', 'signalsWatchInsights'].toSorted())
  })

  test('names the issues of the repository as its contact', () => {
    const { bugs } = getPublishFields('server')
    expect([document, coreDocument()].map(({ info }) => info.contact.url)).toEqual([bugs, bugs])
  })

  test('only required parameters have an example, which a page may fill in', () => {
    for (const { operation } of operationsOf(document)) {
      for (const parameter of operation.parameters ?? []) {
        const { name, required, example } = resolveRef(document, parameter)
        expect([name, example !== undefined]).toEqual([name, required ?? false])
      }
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
    const stream = document.paths['/signals/insights/stream']?.get?.parameters ?? []
    expect(stream.map((parameter) => resolveRef(document, parameter).name)).toEqual(
      expect.arrayContaining(['session_id', 'since', 'lastEventId', 'last-event-id']),
    )
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

describe('authentication in /openapi.json', () => {
  test('the committed document makes credentials optional', () => {
    const committed = openApiDocument()
    expect(securityOf(committed)).toEqual([[{}, { bearer: [] }]])
    expect(committed.components.securitySchemes).toHaveProperty('bearer')
  })

  test.each([
    [{}, 'This gateway requires no credentials and serves only callers on its own machine.'],
    [{ open: true }, 'This gateway requires no credentials.'],
  ])('a gateway with %o has none', async (auth, text) => {
    const served = await serveDocument(auth)
    expect(securityOf(served)).toEqual([undefined])
    expect(served.components).not.toHaveProperty('securitySchemes')
    expect(served.info.description).toContain(`- **Authentication.** ${text}\n`)
  })

  const tokens = { issuer: 'https://id.example.com', audience: 'a', jwksUrl: 'https://id.example.com/jwks' }

  test.each([
    ['an API key', true, undefined],
    ['a JWT from https://id.example.com', false, tokens],
    ['an API key or a JWT from https://id.example.com', true, tokens],
  ])('a gateway that accepts %s requires it', async (accepted, hasKeys, tokens) => {
    const directory = await mkdtemp(join(tmpdir(), 'achilles-'))
    const apiKeysFile = join(directory, 'keys.json')
    await writeFile(apiKeysFile, '[]')
    const served = await serveDocument({ apiKeysFile: hasKeys ? apiKeysFile : undefined, tokens })
    await rm(directory, { recursive: true })
    expect(securityOf(served)).toEqual([[{ bearer: [] }]])
    expect(served.paths['/health']?.get?.security).toEqual([])
    expect(served.components.securitySchemes.bearer).toMatchObject({
      description: expect.stringContaining(accepted.slice(1)),
    })
    expect(served.info.description).toContain(`requires \`authorization: Bearer …\` with ${accepted}.\n`)
  })

  async function serveDocument(auth: object): Promise<Document> {
    const other = await startTestGateway(core, { auth })
    const response = await fetch(`${other.url}/openapi.json`)
    await other.close()
    return (await response.json()) as Document
  }

  /** The distinct requirements of the operations that call Core. */
  function securityOf(served: Document) {
    const callingCore = operationsOf(served).filter(({ path }) => path !== '/health')
    const distinct = new Map(callingCore.map(({ operation }) => [JSON.stringify(operation.security), operation]))
    return [...distinct.values()].map(({ security }) => security)
  }
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

/** The document of a gateway without credentials. */
function withoutSecurity(document: Document): Document {
  const { securitySchemes: _, ...components } = document.components
  const paths = structuredClone(document.paths)
  for (const item of Object.values(paths)) for (const operation of Object.values(item)) delete operation.security
  return { ...document, paths, components: components as Document['components'] }
}

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
