import type { Problem, ProblemIssue } from '@achilles/mcp-contract'
import { type GatewayError, localError } from './gateway-error.ts'

/** The error for input that is refused here, before anything is sent. */
export function badRequest(
  issues: ProblemIssue[],
  { issues_omitted, cause }: Pick<Partial<Problem>, 'issues_omitted'> & { cause?: unknown } = {},
): GatewayError {
  const detail = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')
  return localError('BAD_REQUEST', detail, { issues, issues_omitted, cause })
}
