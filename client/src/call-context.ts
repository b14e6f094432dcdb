/** What a single call may be given as its `context`. Such a call travels in a request of its own. */
export interface CallContext {
  /** Sent as `x-request-id`; one is made for each request otherwise. */
  requestId?: string
  /** Sent as `idempotency-key`; the same on every attempt. */
  idempotencyKey?: string
  /** Sent as `x-mcp-session-token`. */
  sessionToken?: string
  /** Further attempts of this call, instead of the client’s. */
  retries?: number
}

/** True where something of the context goes into headers, which a batch shares. */
export const needsOwnRequest = ({ requestId, idempotencyKey, sessionToken }: CallContext): boolean =>
  requestId !== undefined || idempotencyKey !== undefined || sessionToken !== undefined
