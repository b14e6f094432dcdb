import type { GatewayContext } from '../../gate/gateway-env.ts'
import { MAX_BATCH_CALLS, TRPC_BASE } from './limits.ts'

/** The procedure names of a native request, read as tRPC reads them: the path is decoded before it is split. */
export function namedProcedures(c: GatewayContext): string[] {
  const path = decode(c.req.path.slice(TRPC_BASE.length + 1))
  return isBatch(c) ? path.split(',') : [path]
}

/**
 * How many calls a request costs its caller: a native batch one for each of its calls, anything else one. A batch that is
 * too large is rejected, so it counts as one.
 */
export function countNativeCalls(c: GatewayContext): number {
  if (!c.req.path.startsWith(`${TRPC_BASE}/`)) return 1
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
    // tRPC rejects it.
    return path
  }
}
