import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { GatewayError } from '../problem/gateway-error.ts'
import type { RequestRecord } from '../telemetry/request-record.ts'
import type { Principal } from './principal.ts'

/** What a request carries through the gateway's routes. */
export interface GatewayEnv {
  /** Absent where a test calls the app without a socket. */
  Bindings: Partial<HttpBindings>
  Variables: {
    requestId: string
    /** What will be told of the request. */
    record: RequestRecord
    /** Who calls, or the refusal for a stranger. */
    principal: Principal | GatewayError
    /**
     * Counts further calls that a request turns out to hold; absent where no rate is set.
     * @throws GatewayError 429 past the caller's rate.
     */
    countCalls?: (calls: number) => Promise<void>
  }
}

export type GatewayContext = Context<GatewayEnv>
