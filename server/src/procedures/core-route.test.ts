import { expect, test } from 'vitest'
import { z } from 'zod'
import { pathParametersOf, requestOn } from './core-route.ts'
import { proceduresOf } from './procedures-of.ts'
import { appRouter } from './router.ts'

const update = { method: 'PATCH', path: '/mcp/sessions/{session_id}' } as const

test('what stands in the path is encoded once and taken out of the body', () => {
  const input = { session_id: 'a/b%2f..', status: 'active' }
  const body = { status: 'active' }
  expect(requestOn(update, input)).toEqual({ method: 'PATCH', path: '/mcp/sessions/a%2Fb%252f..', body })
  expect(input).toHaveProperty('session_id')
})

test('without anything in the path the input is the body, the very same', () => {
  const input = { limit: 5 }
  const request = requestOn({ method: 'POST', path: '/signals/insights' }, input)
  expect(request.body).toBe(input)
  expect(requestOn({ method: 'GET', path: '/mcp/health' }, undefined).body).toBeUndefined()
})

test('a field that is missing or no text never makes a path', () => {
  for (const input of [undefined, {}, { session_id: 5 }])
    expect(() => requestOn(update, input)).toThrow('the input has no session_id')
})

test('every procedure but the gateway’s own health declares its call, its path filled by fields of its input', () => {
  const silent: string[] = []
  for (const { operation, procedure, meta } of proceduresOf(appRouter)) {
    const { core } = meta
    if (!core) silent.push(operation)
    for (const name of core ? pathParametersOf(core) : [])
      expect((procedure._def.inputs[0] as z.ZodObject).shape[name]).toBeInstanceOf(z.ZodType)
  }
  expect(silent).toEqual(['health'])
})
