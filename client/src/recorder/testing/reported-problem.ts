import type { Problem, ProblemCode } from '@achilles/mcp-contract'
import { GatewayError, type GatewayErrorOptions, localError } from '../../gateway-error.ts'

export const reportedProblem = (
  code: ProblemCode,
  detail: string,
  { cause, retryAfterMs, ...more }: Partial<Problem> & GatewayErrorOptions = {},
): GatewayError =>
  new GatewayError({ ...localError(code, detail).data, request_id: 'req-1', ...more }, { cause, retryAfterMs })
