import { expect, test } from 'vitest'
import { z } from 'zod'
import { buildRequest, getPathParameters } from './core-caller.ts'
import { listProcedures } from './list-procedures.ts'
import { appRouter } from './router.ts'

const update = { method: 'PATCH', path: '/mcp/sessions/{session_id}' } as const

test('path parameters are encoded once and removed from the body', () => {
  const input = { session_id: 'a/b%2f..', status: 'active' }
  const body = { status: 'active' }
  expect(buildRequest(update, input)).toEqual({ method: 'PATCH', path: '/mcp/sessions/a%2Fb%252f..', body })
  expect(input).toHaveProperty('session_id')
})

test('without path parameters the input object is the body', () => {
  const input = { limit: 5 }
  const request = buildRequest({ method: 'POST', path: '/signals/insights' }, input)
  expect(request.body).toBe(input)
  expect(buildRequest({ method: 'GET', path: '/mcp/health' }, undefined).body).toBeUndefined()
})

test('a field that is missing or not a string is an error', () => {
  for (const input of [undefined, {}, { session_id: 5 }])
    expect(() => buildRequest(update, input)).toThrow('the input has no session_id')
})

test('every procedure except health declares its call to Core, with path parameters that are fields of its input', () => {
  const withoutCall: string[] = []
  for (const { operation, procedure, meta } of listProcedures(appRouter)) {
    const { core } = meta
    if (!core) withoutCall.push(operation)
    for (const name of core ? getPathParameters(core) : [])
      expect((procedure._def.inputs[0] as z.ZodObject).shape[name]).toBeInstanceOf(z.ZodType)
  }
  expect(withoutCall).toEqual(['health'])
})
