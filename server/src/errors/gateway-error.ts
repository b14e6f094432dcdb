import { MAX_ISSUES, PROBLEMS, type ProblemCode, type ProblemIssue } from '@achilles/mcp-contract'

export interface GatewayErrorOptions {
  /** The first `MAX_ISSUES` are kept, the others are counted. */
  issues?: ProblemIssue[]
  /** The number of issues beyond `issues`. @default 0 */
  issuesOmitted?: number
  upstream?: { status: number; detail?: string }
  /** Default: depends on the problem code. */
  retryable?: boolean
  headers?: Readonly<Record<string, string>>
  cause?: unknown
}

/** An error for the caller, independent of the surface. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly problem: ProblemCode
  readonly issues: ProblemIssue[] | undefined
  readonly issuesOmitted: number
  readonly upstream: { status: number; detail?: string } | undefined
  readonly retryable: boolean
  readonly headers: Readonly<Record<string, string>>

  constructor(problem: ProblemCode, detail: string, options: GatewayErrorOptions = {}) {
    super(detail, { cause: options.cause })
    this.problem = problem
    const { issues, issuesOmitted = 0 } = options
    this.issues = issues?.slice(0, MAX_ISSUES)
    this.issuesOmitted = issuesOmitted + Math.max(0, (issues?.length ?? 0) - MAX_ISSUES)
    this.upstream = options.upstream
    this.retryable = options.retryable ?? PROBLEMS[problem].retryable
    this.headers = options.headers ?? {}
  }
}

export function badRequest(issues: ProblemIssue[], cause?: unknown, issuesOmitted = 0): GatewayError {
  return new GatewayError('BAD_REQUEST', formatIssues(issues, issuesOmitted), { issues, issuesOmitted, cause })
}

export function formatIssues(issues: ProblemIssue[], omitted = 0): string {
  const [first] = issues
  if (!first) return 'The request is not valid.'
  const line = first.path ? `${first.path}: ${first.message}` : first.message
  const others = issues.length - 1 + omitted
  return others > 0 ? `${line} (and ${others} more)` : line
}
