/** Where native tRPC is mounted. */
export const TRPC_BASE = '/trpc'

/** How many calls one native batch may hold. */
export const MAX_BATCH_CALLS = 20
