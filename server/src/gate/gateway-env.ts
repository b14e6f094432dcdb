import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { GatewayError } from '../problem/gateway-error.ts'
import type { Principal } from './principal.ts'

/** What a request carries through the gateway's routes. */
export interface GatewayEnv {
  /** Absent where a test calls the app without a socket. */
  Bindings: Partial<HttpBindings>
  Variables: {
    requestId: string
    /** Who calls, or the refusal for a stranger. */
    principal: Principal | GatewayError
  }
}

export type GatewayContext = Context<GatewayEnv>
