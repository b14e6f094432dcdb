import * as contract from '@achilles/mcp-contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { coreDocument, operationsOf, resolveRef, validatorOf } from '../support/openapi-document.ts'
import { OPERATIONS, validInput } from '../support/operations.ts'
import { reply, type ScriptedCore, startScriptedCore } from '../support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const document = coreDocument()
const documented = operationsOf(document)
const { schemas, parameters, headers, responses } = document.components

let core: ScriptedCore
let gateway: TestGateway

beforeAll(async () => {
  core = await startScriptedCore()
  gateway = await startTestGateway(core, { upstream: { maxRetries: 1 } })
})

afterAll(async () => {
  await gateway.close()
  await core.close()
})

const templateOf = (path: string) => path.replace('ses_8c41', '{session_id}')

test('has every call of the contract once', () => {
  const told = documented.map(({ method, path }) => `${method} ${path}`)
  const calls = OPERATIONS.map(({ core: { method, path } }) => `${method} ${templateOf(path)}`)
  expect(told.toSorted()).toEqual([...new Set(calls)].toSorted())
})

test('every operation has a unique id, a description, and a described tag', () => {
  const operations = documented.map(({ operation }) => operation)
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
  const tags = document.tags.map(({ name }) => name)
  for (const operation of operations) {
    expect(operation.description).toMatch(/\.$/)
    expect(tags).toEqual(expect.arrayContaining(operation.tags))
  }
  for (const { description } of document.tags) expect(description).toBeTruthy()
})

test('has no unreferenced component', () => {
  const text = JSON.stringify(document)
  for (const kind of ['schemas', 'parameters', 'headers', 'responses'] as const) {
    for (const name of Object.keys(document.components[kind])) expect(text).toContain(`"#/components/${kind}/${name}"`)
  }
})

describe('every example is valid', () => {
  test.each(Object.entries(schemas))('of the schema %s', (_name, { examples = [], ...schema }) => {
    expect(examples).not.toEqual([])
    for (const example of examples) validatorOf(document, schema).parse(example)
  })

  test.each([...Object.values(parameters), ...Object.values(headers)].map((one) => [one.schema, one.example]))(
    'of %o',
    (schema, example) => {
      validatorOf(document, schema).parse(example)
    },
  )
})

describe.each(OPERATIONS)('the gateway’s request for $operation', (row) => {
  const found = documented.find(({ method, path }) => method === row.core.method && path === templateOf(row.core.path))
  if (!found) throw new Error(`${row.core.path} is not told of`)
  const { operation } = found
  const told = operation.parameters?.map((parameter) => resolveRef(document, parameter)) ?? []

  async function ask(extra: Record<string, string> = {}, input: unknown = row.input && validInput(row)) {
    core.answer(reply(200, row.answer))
    const answer = await gateway.native(row.operation, input, undefined, extra)
    expect(answer.status).toBe(200)
    const [seen] = core.seen
    if (!seen) throw new Error('Core was not asked')
    return seen
  }

  test('has exactly the documented headers', async () => {
    const full = await ask({
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=b',
      'x-mcp-session-token': 'mst_1',
    })
    const OF_HTTP = ['accept', 'accept-encoding', 'authorization', 'connection', 'content-length', 'content-type']
    const sent = Object.keys(full.headers).filter((name) => ![...OF_HTTP, 'host', 'user-agent'].includes(name))
    const inHeaders = told.filter((parameter) => parameter.in === 'header')
    const names = inHeaders.map(({ name }) => name).filter((name) => name !== 'x-achilles-workspaces')
    expect(sent.toSorted()).toEqual(names.toSorted())
    for (const { name, schema } of inHeaders) {
      const value = full.headers[name]
      if (value !== undefined) validatorOf(document, schema as object).parse(value)
    }

    const bare = await ask()
    for (const { name, required } of inHeaders) if (required) expect(bare.headers).toHaveProperty(name)
  })

  test('has the documented body', async () => {
    const { text } = await ask()
    const schema = operation.requestBody?.content['application/json'].schema
    expect(text === '').toBe(schema === undefined)
    if (schema) validatorOf(document, schema).parse(JSON.parse(text))
  })
})

test('fields with defaults are documented as required, since the gateway sends them', async () => {
  expect(schemas.MCPInsightsQuery).toMatchObject({ required: ['session_id', 'limit'] })
  core.answer(reply(200, []))
  await gateway.native('signals.insights', { session_id: 's' })
  validatorOf(document, { $ref: '#/components/schemas/MCPInsightsQuery' }).parse(JSON.parse(core.seen[0]?.text ?? ''))
})

describe.each(Object.entries(responses))('the error response %s', (name, { description, content }) => {
  const told = documented.flatMap(({ operation }) => Object.entries(operation.responses))
  const [status] = told.find(([, { $ref }]) => $ref === `#/components/responses/${name}`) ?? []
  // For statuses without a separate row.
  const statuses = status === 'default' ? [302, 402, 418, 501, 502, 504, 408] : [Number(status)]

  test.each(statuses)('with %i reaches the caller as documented', async (refused) => {
    const { example } = content['application/json'] as unknown as { example: { detail: string } }
    validatorOf(document, { $ref: '#/components/schemas/CoreRefusal' }).parse(example)
    core.answer(reply(refused, example))
    const { problem } = await gateway.rest('GET', '/health/core')
    const [, passedOn, code] = description.match(/the caller gets `(\d+)` with `(\w+)`/) ?? []
    const retries = description
      .match(/After ([\d, ]+) the gateway retries/)?.[1]
      ?.split(', ')
      .includes(`${refused}`)
    expect(problem).toMatchObject({ status: Number(passedOn), code, detail: example.detail })
    expect(core.seen).toHaveLength((retries ?? description.includes('The gateway retries')) ? 2 : 1)
  })
})

test('every code in the document is a problem code', () => {
  const codes = Object.values(responses).flatMap(({ description }) => description.match(/`([A-Z_]+)`/)?.[1] ?? [])
  expect(contract.ProblemCode.options).toEqual(expect.arrayContaining(codes))
})
