import { TRPCError } from '@trpc/server'
import { expect, test } from 'vitest'
import { detailOf, GatewayError } from './gateway-error.ts'
import { toProblem } from './to-problem.ts'

test.each([
  new Error('password=hunter2'),
  'a thrown text',
  undefined,
  new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: 'password=hunter2' }),
])('what was not meant to be told is a 500 that tells nothing', (thrown) => {
  const problem = toProblem(thrown, 'req-1')
  expect(problem).toEqual({
    type: '/problems/internal-server-error',
    title: 'Internal server error',
    status: 500,
    detail: 'The gateway failed. The fault is ours, not the request’s.',
    code: 'INTERNAL_SERVER_ERROR',
    request_id: 'req-1',
    retryable: false,
  })
})

test('a refusal of tRPC’s own keeps its status and words', () => {
  const error = new TRPCError({ code: 'METHOD_NOT_SUPPORTED', message: 'not with GET' })
  expect(toProblem(error, 'r')).toMatchObject({ status: 405, code: 'METHOD_NOT_SUPPORTED', detail: 'not with GET' })
  expect(toProblem(new TRPCError({ code: 'PARSE_ERROR', message: 'x' }), 'r')).toMatchObject({
    status: 400,
    code: 'BAD_REQUEST',
  })
})

test('a contract violation is a 502 for HTTP and has a code of its own', () => {
  const error = new GatewayError('CORE_CONTRACT_VIOLATION', 'x', { upstream: { status: 200 } })
  expect(error.code).toBe('BAD_GATEWAY')
  expect(toProblem(error, 'r')).toMatchObject({
    status: 502,
    code: 'CORE_CONTRACT_VIOLATION',
    upstream: { status: 200 },
  })
})

test('the detail names the first fault and counts the others', () => {
  expect(detailOf([])).toBe('The request is not valid.')
  expect(detailOf([{ path: 'a', message: 'x' }])).toBe('a: x')
  expect(
    detailOf([
      { path: '', message: 'x' },
      { path: 'b', message: 'y' },
    ]),
  ).toBe('x (and 1 more)')
})
