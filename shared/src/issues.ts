import { type $ZodError, toDotPath } from 'zod/v4/core'
import type { ProblemIssue } from './problem.ts'

export const MAX_ISSUES = 100

const LONGEST_PATH = 512
const LONGEST_MESSAGE = 1024
/** The length at which a caller's key is cut off in a path. */
export const LONGEST_KEY = 128

/** Converts zod's issues, at most `MAX_ISSUES`. The path of an unknown key includes the key. */
export function toIssues(error: $ZodError): ProblemIssue[] {
  const found = error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return toIssue(issue.path, issue.message)
    return issue.keys.slice(0, MAX_ISSUES).map((key) => toIssue([...issue.path, key], 'unknown key'))
  })
  return found.slice(0, MAX_ISSUES)
}

/** The number of issues that `toIssues` omits, plus `omitted`, those that the error itself omits. */
export function omittedFrom(error: Pick<$ZodError, 'issues'> & { omitted?: number }): number {
  let found = error.omitted ?? 0
  for (const issue of error.issues) found += issue.code === 'unrecognized_keys' ? issue.keys.length : 1
  return Math.max(0, found - MAX_ISSUES)
}

/** An issue whose path is written as zod writes it, e.g. `payload.a[0]`, and shortened. */
export const toIssue = (path: readonly PropertyKey[], message: string): ProblemIssue => ({
  path: shortened(
    toDotPath(path.map((key) => (typeof key === 'string' ? shortened(key, LONGEST_KEY) : key))),
    LONGEST_PATH,
  ),
  message: shortened(message, LONGEST_MESSAGE),
})

/** Cuts a text off at `limit` characters and appends `…`. */
export const shortened = (text: string, limit: number): string =>
  text.length <= limit ? text : `${text.slice(0, limit)}…`
