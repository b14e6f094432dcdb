import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import type { Principal } from './principal.ts'

export interface GatewayEnv {
  /** Absent if a test calls the app without a socket. */
  Bindings: Partial<HttpBindings>
  Variables: {
    requestId: string
    record: RequestRecord
    /** The caller, or the error for an unauthenticated caller. */
    principal: Principal | GatewayError
    /**
     * Counts further calls that are found in the request's body; absent if there is no rate limit.
     * @throws GatewayError 429 if the caller exceeds its rate.
     */
    countCalls?: (calls: number) => Promise<void>
  }
}

export type GatewayContext = Context<GatewayEnv>
