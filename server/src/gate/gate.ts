import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { secureHeaders } from 'hono/secure-headers'
import type { GatewayHealth } from '../gateway-health.ts'
import { authenticate, type Credentials } from './authenticate.ts'
import type { GatewayEnv } from './gateway-env.ts'
import { limitRate } from './limit-rate.ts'
import { localOnly } from './local-only.ts'
import type { RateLimiter } from './rate-limiter.ts'
import { refuseWhileDraining } from './refuse-while-draining.ts'
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

/** What every request passes, in this order. */
export function gate(options: GateOptions, health: GatewayHealth): MiddlewareHandler<GatewayEnv>[] {
  return [
    requestId(),
    // Transport security is for whoever ends TLS; the gateway speaks plain HTTP.
    secureHeaders({ strictTransportSecurity: false }),
    ...(options.localOnly ? [localOnly()] : []),
    ...(options.corsOrigins.length > 0 ? [crossOrigin(options.corsOrigins)] : []),
    refuseWhileDraining(health),
    authenticate(options.credentials),
    ...(options.rateLimiter ? [limitRate(options.rateLimiter)] : []),
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
