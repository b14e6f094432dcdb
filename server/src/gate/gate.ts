import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import type { GatewayHealth } from '../gateway-health.ts'
import type { Surface } from '../telemetry/request-record.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { authenticate, type Credentials } from './authenticate.ts'
import type { GatewayContext, GatewayEnv } from './gateway-env.ts'
import { limitRate } from './limit-rate.ts'
import { localOnly } from './local-only.ts'
import { protectingHeaders } from './protecting-headers.ts'
import type { RateLimiter } from './rate-limiter.ts'
import { recordRequest } from './record-request.ts'
import { refuseWhileDraining } from './refuse-while-draining.ts'
import { rejectPreflight } from './reject-preflight.ts'
import { requestId } from './request-id.ts'

/** Who may pass. */
export interface GateOptions {
  /** Absent where none are configured. */
  credentials: Credentials | undefined
  /** Serves only requests that name this machine. */
  localOnly: boolean
  /** Absent where no rate is set. */
  rateLimiter: RateLimiter | undefined
  /** Origins whose pages may call; `*` for all. */
  corsOrigins: readonly string[]
}

const CALLER_HEADERS = [
  'authorization',
  'content-type',
  'idempotency-key',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'traceparent',
  'tracestate',
  'x-mcp-session-token',
  'x-request-id',
]
const ANSWER_HEADERS = ['ratelimit', 'ratelimit-policy', 'retry-after', 'www-authenticate', 'x-request-id']

/** What the gate needs to know of the gateway it guards. */
export interface Guarded {
  health: GatewayHealth
  telemetry: Telemetry
  /** The surface at a path. */
  surfaceOf(path: string): Surface
  /** How many calls a request counts for, as far as that is known before its body is read. */
  countCalls(c: GatewayContext): number
}

/** What every request passes, in this order. */
export function gate(
  options: GateOptions,
  { health, telemetry, surfaceOf, countCalls }: Guarded,
): MiddlewareHandler<GatewayEnv>[] {
  return [
    requestId(),
    recordRequest(telemetry, surfaceOf),
    protectingHeaders(),
    rejectPreflight(options.corsOrigins, telemetry.log),
    ...(options.localOnly ? [localOnly()] : []),
    ...(options.corsOrigins.length > 0 ? [crossOrigin(options.corsOrigins)] : []),
    refuseWhileDraining(health),
    authenticate(options.credentials),
    ...(options.rateLimiter ? [limitRate(options.rateLimiter, telemetry.metrics, countCalls)] : []),
  ]
}

const crossOrigin = (origins: readonly string[]) =>
  cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'POST', 'PATCH'],
    allowHeaders: CALLER_HEADERS,
    exposeHeaders: ANSWER_HEADERS,
    maxAge: 600,
  })
