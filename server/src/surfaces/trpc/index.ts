import type { Hono } from 'hono'
import type { GatewayContext, GatewayEnv } from '../../gate/gateway-env.ts'
import type { GatewayError } from '../../problem/gateway-error.ts'
import type { Services } from '../../procedures/context.ts'
import { answerTrpc, refusal } from './adapter.ts'
import { TRPC_BASE } from './limits.ts'

/** Native tRPC, once mounted. */
export interface TrpcSurface {
  /** True for requests that expect tRPC's own shape. */
  owns(c: GatewayContext): boolean
  /** Answers every call of a request with an error that happened before tRPC saw it. */
  refuse(c: GatewayContext, error: GatewayError): Promise<Response>
}

/** Mounts native tRPC. */
export function mountTrpc(app: Hono<GatewayEnv>, services: Services): TrpcSurface {
  const answer = (c: GatewayContext, error: GatewayError | null) => {
    const path = c.req.path.slice(TRPC_BASE.length + 1)
    return answerTrpc(c, { path, error, services })
  }
  app.all(`${TRPC_BASE}/*`, (c) => answer(c, refusal(c)))
  return { owns: (c) => c.req.path.startsWith(`${TRPC_BASE}/`), refuse: answer }
}
