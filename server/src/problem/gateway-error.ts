import { MAX_ISSUES, PROBLEMS, type ProblemCode, type ProblemIssue } from '@achilles/mcp-contract'
import { TRPCError } from '@trpc/server'

/** What a `GatewayError` can carry beside its code and detail. */
export interface GatewayErrorOptions {
  /** The first `MAX_ISSUES` are kept, the others counted. */
  issues?: ProblemIssue[]
  /** How many were found beyond `issues`. @default 0 */
  issuesOmitted?: number
  upstream?: { status: number; detail?: string }
  /** Where it differs from what the code always means. */
  retryable?: boolean
  /** What the answer's headers say beside the envelope, e.g. `retry-after`. */
  headers?: Readonly<Record<string, string>>
  cause?: unknown
}

/** An error that the gateway means to tell its caller: a code of the closed union, a detail for a person. */
export class GatewayError extends TRPCError {
  readonly problem: ProblemCode
  readonly issues: ProblemIssue[] | undefined
  readonly issuesOmitted: number
  readonly upstream: { status: number; detail?: string } | undefined
  readonly retryable: boolean
  readonly headers: Readonly<Record<string, string>>

  constructor(problem: ProblemCode, detail: string, options: GatewayErrorOptions = {}) {
    super({
      code: problem === 'CORE_CONTRACT_VIOLATION' ? 'BAD_GATEWAY' : problem,
      message: detail,
      cause: options.cause,
    })
    this.problem = problem
    const { issues, issuesOmitted = 0 } = options
    this.issues = issues?.slice(0, MAX_ISSUES)
    this.issuesOmitted = issuesOmitted + Math.max(0, (issues?.length ?? 0) - MAX_ISSUES)
    this.upstream = options.upstream
    this.retryable = options.retryable ?? PROBLEMS[problem].retryable
    this.headers = options.headers ?? {}
  }
}

/** A 400 that names each faulty field. */
export function badRequest(issues: ProblemIssue[], cause?: unknown, issuesOmitted = 0): GatewayError {
  return new GatewayError('BAD_REQUEST', detailOf(issues, issuesOmitted), { issues, issuesOmitted, cause })
}

/** The first issue in one line, and how many more there are. */
export function detailOf(issues: ProblemIssue[], omitted = 0): string {
  const [first] = issues
  if (!first) return 'The request is not valid.'
  const line = first.path ? `${first.path}: ${first.message}` : first.message
  const others = issues.length - 1 + omitted
  return others > 0 ? `${line} (and ${others} more)` : line
}
