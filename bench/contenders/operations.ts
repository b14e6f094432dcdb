/** Where every contender's REST surface begins. */
export const REST_BASE = '/api/achilles/v1/mcp'

/** A call as a contender takes it and as it makes it to Core, both a POST. */
export interface Operation {
  /** Below `REST_BASE`. */
  rest: `/${string}`
  core: `/${string}`
  /** Writes carry an idempotency key to Core. */
  write: boolean
}

/** What every contender serves. */
export const OPERATIONS = {
  createSession: { rest: '/sessions', core: '/mcp/sessions', write: true },
  ingestBatch: { rest: '/signals/events/batch', core: '/signals/events/batch', write: true },
  insights: { rest: '/signals/insights', core: '/signals/insights', write: false },
} as const satisfies Readonly<Record<string, Operation>>
