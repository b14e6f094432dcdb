import { type $ZodError, toDotPath } from 'zod/v4/core'
import type { ProblemIssue } from './problem.ts'

/** How many faults a problem names. */
export const MAX_ISSUES = 100

const LONGEST_PATH = 512
const LONGEST_MESSAGE = 1024
/** What is told of a caller's key. */
export const LONGEST_KEY = 128

/**
 * The faults that zod found, at most `MAX_ISSUES` of them, each at its path; an unknown key is named at the path where it
 * stands.
 */
export function issuesOf(error: $ZodError): ProblemIssue[] {
  const found = error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return toIssue(issue.path, issue.message)
    return issue.keys.slice(0, MAX_ISSUES).map((key) => toIssue([...issue.path, key], 'unknown key'))
  })
  return found.slice(0, MAX_ISSUES)
}

/** How many faults were found beyond those that `issuesOf` gives; `omitted` are those that the error leaves out itself. */
export function omittedFrom(error: Pick<$ZodError, 'issues'> & { omitted?: number }): number {
  let found = error.omitted ?? 0
  for (const issue of error.issues) found += issue.code === 'unrecognized_keys' ? issue.keys.length : 1
  return Math.max(0, found - MAX_ISSUES)
}

const toIssue = (path: readonly PropertyKey[], message: string): ProblemIssue => ({
  path: shortened(
    toDotPath(path.map((key) => (typeof key === 'string' ? shortened(key, LONGEST_KEY) : key))),
    LONGEST_PATH,
  ),
  message: shortened(message, LONGEST_MESSAGE),
})

/** A text of a caller's, cut off at `limit` characters. */
export const shortened = (text: string, limit: number): string =>
  text.length <= limit ? text : `${text.slice(0, limit)}…`
