import { issuesOf, omittedFrom, type ProblemIssue, parseBounded, parseJson } from '@achilles/mcp-contract'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { z } from 'zod'

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

/** @throws BadRequest 422 with the faults at their paths, at most 100, when `value` does not fit. */
export function validate<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  try {
    return parseBounded(schema, value)
  } catch (error) {
    if (!(error instanceof z.core.$ZodError)) throw error
    const [issues, omitted] = [issuesOf(error), omittedFrom(error)]
    const faults = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message))
    if (omitted > 0) faults.push(`and ${omitted} more`)
    throw new BadRequest(422, faults.join('; '), issues)
  }
}

/** The error for a request that fits its schema and still cannot be carried out: 422, with the field's path. */
export const unprocessable = (path: string, message: string) =>
  new BadRequest(422, `${path}: ${message}`, [{ path, message }])
