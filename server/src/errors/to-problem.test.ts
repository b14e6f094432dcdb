import { TRPCError } from '@trpc/server'
import { expect, test } from 'vitest'
import { toTrpcError } from '../procedures/to-trpc-error.ts'
import { formatIssues, GatewayError } from './gateway-error.ts'
import { toProblem } from './to-problem.ts'

test.each([
  new Error('password=hunter2'),
  'a thrown text',
  undefined,
  new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: 'password=hunter2' }),
])('an unexpected error is a 500 without details', (thrown) => {
  const problem = toProblem(thrown, 'req-1')
  expect(problem).toEqual({
    type: '/problems/internal-server-error',
    title: 'Internal server error',
    status: 500,
    detail: 'Internal error in the gateway.',
    code: 'INTERNAL_SERVER_ERROR',
    request_id: 'req-1',
    retryable: false,
  })
})

test('an error of tRPC keeps its status and message', () => {
  const error = new TRPCError({ code: 'METHOD_NOT_SUPPORTED', message: 'not with GET' })
  expect(toProblem(error, 'r')).toMatchObject({ status: 405, code: 'METHOD_NOT_SUPPORTED', detail: 'not with GET' })
  expect(toProblem(new TRPCError({ code: 'PARSE_ERROR', message: 'x' }), 'r')).toMatchObject({
    status: 400,
    code: 'BAD_REQUEST',
  })
})

test('a contract violation is a 502 with its own code', () => {
  const error = new GatewayError('CORE_CONTRACT_VIOLATION', 'x', { upstream: { status: 200 } })
  expect(toTrpcError(error).code).toBe('BAD_GATEWAY')
  expect(toProblem(error, 'r')).toMatchObject({
    status: 502,
    code: 'CORE_CONTRACT_VIOLATION',
    upstream: { status: 200 },
  })
})

test('the detail has the first issue and counts the others', () => {
  expect(formatIssues([])).toBe('The request is not valid.')
  expect(formatIssues([{ path: 'a', message: 'x' }])).toBe('a: x')
  expect(
    formatIssues([
      { path: '', message: 'x' },
      { path: 'b', message: 'y' },
    ]),
  ).toBe('x (and 1 more)')
})
