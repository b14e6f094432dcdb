import type { $ZodErrorMap, $ZodRawIssue } from 'zod/v4/core'
import { describeMismatch } from './rules.ts'

/**
 * Messages of zod's issues in the caller's words, e.g. `required`, `must be a string, not a number`. Passed to each parse
 * as its `error`; a message of the schema's own wins.
 */
export const describeIssue: $ZodErrorMap = (issue) => {
  if (issue.input === undefined) return 'required'
  switch (issue.code) {
    case 'invalid_type':
      return describeMismatch(TYPES[issue.expected] ?? issue.expected, issue.input)
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`
    case 'too_small':
      return describeLimit(issue, issue.inclusive === false ? 'above' : 'at least', issue.minimum)
    case 'too_big':
      return describeLimit(issue, issue.inclusive === false ? 'below' : 'at most', issue.maximum)
    default:
      return undefined
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'an array',
}

const COUNTED: Readonly<Record<string, string>> = { array: 'element', string: 'character' }

function describeLimit({ origin }: $ZodRawIssue, comparison: string, limit: unknown): string {
  const unit = COUNTED[String(origin)]
  return unit === undefined
    ? `must be ${comparison} ${limit}`
    : `must have ${comparison} ${limit} ${unit}${Number(limit) === 1 ? '' : 's'}`
}
