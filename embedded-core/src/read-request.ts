import { omittedFrom, type ProblemIssue, parseBounded, parseJson, toIssues } from '@achilles/mcp-contract'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { z } from 'zod'

/** `message` becomes the `detail` of the response. */
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

export class NotFound extends Error {
  override name = 'NotFound'
}

/** Keeps every digit of a number. @throws BadRequest 400 if the text is not JSON. */
export function parseBody(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    throw new BadRequest(400, 'the body is not JSON')
  }
}

/** @throws BadRequest 422 with at most 100 issues if `value` does not match the schema. */
export function validate<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  try {
    return parseBounded(schema, value)
  } catch (error) {
    if (!(error instanceof z.core.$ZodError)) throw error
    const [issues, omitted] = [toIssues(error), omittedFrom(error)]
    const messages = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message))
    if (omitted > 0) messages.push(`and ${omitted} more`)
    throw new BadRequest(422, messages.join('; '), issues)
  }
}

export const unprocessable = (path: string, message: string) =>
  new BadRequest(422, `${path}: ${message}`, [{ path, message }])

type Time = readonly [field: string, time: string]

/** @throws BadRequest 422 for the later field if its time is before the earlier one. */
export function requireOrder([earlier, from]: Time, [later, to]: Time): void {
  if (epochMs(to) < epochMs(from)) throw unprocessable(later, `must not be before ${earlier}, which is ${from}`)
}

/** Milliseconds since 1970, with digits beyond the millisecond as a fraction: for ordering, never for responses. */
export function epochMs(time: string): number {
  // More digits than these do not change the double.
  const belowMillisecond = /\.\d{3}(\d{1,17})/.exec(time)?.[1]
  // `Date.parse` is only specified for upper-case `T` and `Z`.
  return Date.parse(time.toUpperCase()) + (belowMillisecond ? Number(`0.${belowMillisecond}`) : 0)
}

/** Microseconds since 1970, without what is below a microsecond. */
export function epochMicroseconds(time: string): number {
  const [, microseconds = ''] = /\.\d{3}(\d{1,3})/.exec(time) ?? []
  // `Date.parse` drops what is below a millisecond.
  return Date.parse(time.toUpperCase()) * 1000 + Number(microseconds.padEnd(3, '0'))
}
