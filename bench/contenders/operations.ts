export const REST_BASE = '/api/achilles/v1/mcp'

/** The paths of a call to a contender and of its call to Core, both POST. */
export interface Operation {
  /** Relative to `REST_BASE`. */
  rest: `/${string}`
  core: `/${string}`
  /** Writes have an idempotency key on the way to Core. */
  write: boolean
}

export const OPERATIONS = {
  createSession: { rest: '/sessions', core: '/mcp/sessions', write: true },
  ingestBatch: { rest: '/signals/events/batch', core: '/signals/events/batch', write: true },
  insights: { rest: '/signals/insights', core: '/signals/insights', write: false },
} as const satisfies Readonly<Record<string, Operation>>
