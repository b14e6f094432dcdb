import { issuesOf, type ProblemIssue, parseJson } from '@achilles/mcp-contract'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { z } from 'zod'

/** A request that cannot be taken as it is: answered with its status, the message as `detail`. */
export class BadRequest extends Error {
  override name = 'BadRequest'
  readonly status: ContentfulStatusCode
  readonly issues: ProblemIssue[]

  constructor(status: ContentfulStatusCode, detail: string, issues: ProblemIssue[] = []) {
    super(detail)
    this.status = status
    this.issues = issues
  }
}

/**
 * Parses a body, every digit kept.
 * @throws BadRequest 400 when it is not JSON.
 */
export function parseBody(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    throw new BadRequest(400, 'the body is not JSON')
  }
}

/** @throws BadRequest 422 with every fault at its path when `value` does not fit. */
export function validate<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const { success, data, error } = schema.safeParse(value)
  if (success) return data
  const issues = issuesOf(error)
  throw new BadRequest(
    422,
    issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; '),
    issues,
  )
}
