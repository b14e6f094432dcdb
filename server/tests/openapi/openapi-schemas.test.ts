import * as contract from '@achilles/mcp-contract'
import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { openApiDocument, operationsOf, resolveRef, validatorOf } from '../support/openapi-document.ts'

const document = openApiDocument()
const { schemas, headers, responses } = document.components

const named = (name: string) => validatorOf(document, { $ref: `#/components/schemas/${name}` })

describe('every example is valid', () => {
  test.each(Object.entries(schemas))('of the schema %s', (name, { examples = [] }) => {
    // Each response has an example of its own.
    if (name === 'Problem') expect(examples).toEqual([])
    else expect(examples).not.toEqual([])
    for (const example of examples) named(name).parse(example)
  })

  test.each(Object.entries(responses))('of the response %s', (_name, { content }) => {
    const examples = Object.values(content['application/problem+json']?.examples ?? {})
    expect(examples).not.toEqual([])
    for (const { value } of examples) {
      named('Problem').parse(value)
      contract.Problem.parse(value)
    }
  })

  test.each(Object.values(headers).map((one) => [one.schema, one.example]))('of %o', (schema, example) => {
    validatorOf(document, schema).parse(example)
  })

  test.each(operationsOf(document).map(({ operation }) => [operation.operationId, operation] as const))(
    'of the request %s',
    (_id, { parameters = [], requestBody }) => {
      const required = parameters.filter((parameter) => parameter.required)
      for (const { schema, example } of required) validatorOf(document, schema as object).parse(example)
      if (!requestBody) return
      const { schema, example } = requestBody.content['application/json']
      validatorOf(document, schema).parse(example)
    },
  )
})

test('an example of a problem has the status of its response', () => {
  for (const { operation } of operationsOf(document)) {
    for (const [status, reference] of Object.entries(operation.responses)) {
      if (status === '200' || status === 'default') continue
      const { content } = resolveRef(document, reference)
      for (const { value } of Object.values(content['application/problem+json']?.examples ?? {}))
        expect(value).toMatchObject({ status: Number(status) })
    }
  }
})

test('REST accepts exactly what the document describes', () => {
  for (const { operation } of operationsOf(document)) {
    const reference = operation.requestBody?.content['application/json'].schema.$ref
    if (!reference) continue
    const name = reference.replace('#/components/schemas/', '')
    const [example] = schemas[name]?.examples ?? []
    expect(named(name).safeParse({ ...(example as object), unknown_key: 1 }).success).toBe(false)
    for (const key of Object.keys(example as object)) {
      const without = Object.fromEntries(Object.entries(example as object).filter(([field]) => field !== key))
      const source = (contract as unknown as Record<string, z.ZodObject>)[name]
      // The id of an update is in the path.
      const ours = source?.safeParse(name === 'MCPSessionUpdate' ? { session_id: 's', ...without } : without).success
      expect(named(name).safeParse(without).success, `${name} without ${key}`).toBe(ours)
    }
  }
})

test('defaults are documented, in components of their own', () => {
  expect(schemas.MCPInsightsQueryLimit).toMatchObject({ type: 'integer', default: 50, minimum: 1, maximum: 200 })
  expect(schemas.MCPProjectResolveCreateIfMissing).toMatchObject({ type: 'boolean', default: false })
  expect(schemas.MCPInsightsQuery).toMatchObject({
    properties: { limit: { $ref: '#/components/schemas/MCPInsightsQueryLimit' } },
    required: ['session_id'],
  })
})

test('enums of responses are open', () => {
  expect(schemas.SessionOut).toMatchObject({
    properties: { status: { anyOf: [{ $ref: '#/components/schemas/SessionStatus' }, { type: 'string' }] } },
  })
  const [session] = schemas.SessionOut?.examples ?? []
  named('SessionOut').parse({ ...(session as object), status: 'paused' })
})
