export interface UsageIssue {
  /** The argument or option. */
  path: string
  message: string
}

/** What is wrong with the arguments of a command; its message names each one. */
export class UsageError extends Error {
  constructor(issues: readonly UsageIssue[]) {
    super(issues.map(({ path, message }) => `${path}: ${message}`).join('\n'))
  }
}
