import type { Hono } from 'hono'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { GatewayContext, GatewayEnv } from '../../http/env.ts'
import { PATHS } from '../../http/paths.ts'
import type { Services } from '../../procedures/context.ts'
import { findRejection, handleTrpc } from './adapter.ts'

export interface TrpcSurface {
  /** Whether the caller expects errors in tRPC's format. */
  owns(c: GatewayContext): boolean
  /** Responds to every call of a request with an error that occurred before tRPC handled it. */
  respondWithError(c: GatewayContext, error: GatewayError): Promise<Response>
}

export function mountTrpc(app: Hono<GatewayEnv>, services: Services): TrpcSurface {
  const respond = (c: GatewayContext, error: GatewayError | null) => {
    const path = c.req.path.slice(PATHS.trpc.length + 1)
    return handleTrpc(c, { path, error, services })
  }
  app.all(`${PATHS.trpc}/*`, (c) => respond(c, findRejection(c)))
  return { owns: (c) => c.req.path.startsWith(`${PATHS.trpc}/`), respondWithError: respond }
}
