import type { GatewayContext } from '../../http/env.ts'
import { PATHS } from '../../http/paths.ts'

/** The most calls of a native batch. */
export const MAX_BATCH_CALLS = 20

/** The procedure names of a native request, parsed as tRPC does: the path is decoded before it is split. */
export function namedProcedures(c: GatewayContext): string[] {
  const path = decode(c.req.path.slice(PATHS.trpc.length + 1))
  return isBatch(c) ? path.split(',') : [path]
}

/**
 * How many calls a request counts for in the rate limit: as many as a native batch holds, otherwise one. An oversized
 * batch is rejected, so it counts as one.
 */
export function countNativeCalls(c: GatewayContext): number {
  if (!c.req.path.startsWith(`${PATHS.trpc}/`)) return 1
  const { length } = namedProcedures(c)
  return length > MAX_BATCH_CALLS ? 1 : length
}

function isBatch(c: GatewayContext): boolean {
  const [, query] = c.req.url.split('?', 2)
  if (query === undefined) return false
  return query === 'batch=1' || new URL(c.req.url).searchParams.get('batch') === '1'
}

function decode(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    // tRPC rejects a path that cannot be decoded.
    return path
  }
}
