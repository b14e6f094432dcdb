import { DrizzleQueryError } from 'drizzle-orm'

/** The database cannot be used now: answered 503, so that callers try again. */
export class DatabaseUnavailable extends Error {
  override name = 'DatabaseUnavailable'
}

// Connections, resources, operator intervention and a statement timeout, input and output; and a server that has become
// a read-only standby.
const UNAVAILABLE = /^(08|53|57|58|25006)/

/** The outage that an error of a query stands for; undefined where the database is well and the query is at fault. */
export function toUnavailable(error: unknown): DatabaseUnavailable | undefined {
  if (error instanceof DatabaseUnavailable) return error
  const cause = rootCause(error)
  if (!(cause instanceof Error)) return undefined
  const isDatabaseError = 'severity' in cause
  const isUnavailable = isDatabaseError
    ? UNAVAILABLE.test(String(codeOf(cause)))
    : error instanceof DrizzleQueryError && isConnectionError(cause)
  return isUnavailable ? new DatabaseUnavailable(describeError(cause), { cause }) : undefined
}

/** What went wrong, in a line: never a query with its parameters, as drizzle's own message has it. */
export function describeError(error: unknown): string {
  const cause = rootCause(error)
  if (cause instanceof AggregateError) return cause.errors.map(describeError).join('; ')
  if (cause instanceof Error) return cause.message
  return typeof cause === 'object' ? JSON.stringify(cause) : String(cause)
}

/** The error of the driver, where drizzle has wrapped one. */
export const rootCause = (error: unknown): unknown =>
  error instanceof DrizzleQueryError && error.cause ? error.cause : error

/** The drivers throw plain errors where a connection fails; a `TypeError` and its like are faults of this program. */
const isConnectionError = (error: Error) => error.constructor === Error || error instanceof AggregateError

const codeOf = (error: Error) => (error as NodeJS.ErrnoException).code
