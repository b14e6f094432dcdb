import { type $ZodError, toDotPath } from 'zod/v4/core'
import type { ProblemIssue } from './problem.ts'

/** Every fault that zod found, each at its path; an unknown key is named at the path where it stands. */
export function issuesOf(error: $ZodError): ProblemIssue[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: toDotPath([...issue.path, key]), message: 'unknown key' }))
    }
    return [{ path: toDotPath(issue.path), message: issue.message }]
  })
}
