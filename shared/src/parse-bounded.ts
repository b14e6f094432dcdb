import * as z from 'zod'
import { describeIssue } from './describe-issue.ts'
import { LONGEST_KEY, MAX_ISSUES, shortened } from './issues.ts'

class BoundedZodError extends z.ZodRealError {
  readonly omitted: number

  constructor(issues: z.core.$ZodIssue[], omitted: number) {
    super(issues)
    this.omitted = omitted
  }
}

/**
 * `schema.parse` that formats at most `MAX_ISSUES` issues: zod formats all of them into one message, which is very slow
 * and large for a hostile input.
 * @param stopAtFirst stops at the first issue, for a value without limits of its own
 * @throws a zod error whose `omitted` is the number of further issues
 */
export function parseBounded<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  { stopAtFirst = false } = {},
): z.output<Schema> {
  const context = { async: false, abortEarly: stopAtFirst, error: describeIssue }
  const result = schema._zod.run({ value, issues: [] }, context)
  if (result instanceof Promise) throw new z.core.$ZodAsyncError()
  if (result.issues.length === 0) return result.value as z.output<Schema>
  const { kept, omitted } = takeFirst(result.issues)
  throw new BoundedZodError(
    kept.map((issue) => z.core.util.finalizeIssue(issue, context, z.config())),
    omitted,
  )
}

/** An issue about unknown keys counts as one per key. */
function takeFirst(issues: z.core.$ZodRawIssue[]): { kept: z.core.$ZodRawIssue[]; omitted: number } {
  const kept: z.core.$ZodRawIssue[] = []
  let found = 0
  for (const issue of issues) {
    const left = MAX_ISSUES - found
    const keys = issue.code === 'unrecognized_keys' ? (issue.keys as string[]) : undefined
    found += keys?.length ?? 1
    if (left <= 0) continue
    kept.push(keys ? { ...issue, keys: keys.slice(0, left).map((key) => shortened(key, LONGEST_KEY)) } : issue)
  }
  return { kept, omitted: Math.max(0, found - MAX_ISSUES) }
}
