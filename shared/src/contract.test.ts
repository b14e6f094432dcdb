import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import * as contract from './index.ts'

const named = Object.entries(contract).flatMap(([name, value]) =>
  value instanceof z.ZodType ? [{ name, schema: value }] : [],
)

describe.each(named)('$name', ({ name, schema }) => {
  const { id, description, examples } = schema.meta() ?? {}

  test('has its own name as component, a description, and examples that are valid', () => {
    expect(id).toBe(name)
    expect(description).toMatch(/\.$/)
    expect(examples).not.toHaveLength(0)
    for (const example of examples as unknown[]) expect(schema.parse(example)).toEqual(expect.anything())
  })
})

const IS_RESPONSE = /(Out|Response|Result|Failed|Correlation|Problem|ProblemIssue)$/
const objects = named.flatMap(({ name, schema }) => (schema instanceof z.ZodObject ? [{ name, schema }] : []))

test.each(objects)('$name is open in a response, closed in a request', ({ name, schema }) => {
  const [example] = (schema.meta()?.examples ?? []) as object[]
  const extended = schema.safeParse({ ...example, added_tomorrow: { a: 1 } })
  expect(extended.success).toBe(IS_RESPONSE.test(name))
  if (extended.success) expect(extended.data).toEqual({ ...example, added_tomorrow: { a: 1 } })
  else expect(contract.toIssues(extended.error)).toContainEqual({ path: 'added_tomorrow', message: 'unknown key' })
})

test('validation changes nothing in the example of any request', () => {
  for (const { name, schema } of named) {
    const [example] = (schema.meta()?.examples ?? []) as unknown[]
    expect(schema.parse(structuredClone(example)), name).toEqual(example)
  }
})

test('enums are open in responses, closed in requests', () => {
  expectTypeOf<contract.SessionOut['status']>().extract<'active'>().toEqualTypeOf<'active'>()
  expectTypeOf<string>().toExtend<contract.SessionOut['status']>()
  expectTypeOf<string>().not.toExtend<contract.MCPSessionUpdate['status']>()
})

test('a time is a string or a Date on the way in, a string on the way out', () => {
  expectTypeOf<contract.MCPSessionCreate['start_time']>().toEqualTypeOf<string | Date>()
  expectTypeOf<contract.SessionOut['start_time']>().toEqualTypeOf<string>()
})

test('onUnlistedValue reports unlisted values until unsubscribed', () => {
  const seen: contract.UnlistedValue[] = []
  const stop = contract.onUnlistedValue((unlisted) => seen.push(unlisted))
  const health = { status: 'sleepy', uptime_seconds: 1, accepting_signals: true, last_ingest_error_at: null }
  contract.MCPHealthResponse.parse(health)
  stop()
  contract.MCPHealthResponse.parse(health)
  expect(seen).toEqual([{ enumName: 'HealthStatus', value: 'sleepy' }])
})

test('every problem code has a status and a title', () => {
  expect(Object.keys(contract.PROBLEMS).toSorted()).toEqual(contract.ProblemCode.options.toSorted())
})
