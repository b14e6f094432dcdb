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
    /** Milliseconds since 1970. */
    receivedAt: number
    preference?: Preference | undefined
    record: RequestRecord
    /** An error for an unauthenticated caller. */
    principal: Principal | GatewayError
    /** Counts calls found in the body; absent if there is no rate limit. @throws GatewayError 429 over the limit. */
    countCalls?: (calls: number) => Promise<void>
  }
}

export interface Preference {
  handling: 'lenient'
  /** Set by the procedure that applies it; the response then says so. */
  applied: boolean
}

export type GatewayContext = Context<GatewayEnv>
