import { z } from 'zod'
import type { ProblemIssue } from './problem.ts'

/** Every fault that zod found, each at its path; an unknown key is named at the path where it stands. */
export function issuesOf(error: z.core.$ZodError): ProblemIssue[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: z.core.toDotPath([...issue.path, key]), message: 'unknown key' }))
    }
    return [{ path: z.core.toDotPath(issue.path), message: issue.message }]
  })
}
