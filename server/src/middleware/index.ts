import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import type { Credentials } from '../auth/credentials.ts'
import type { GatewayHealth } from '../health.ts'
import type { GatewayContext, GatewayEnv } from '../http/env.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { authenticate } from './authenticate.ts'
import { drainGuard } from './drain-guard.ts'
import { loopbackOnly } from './loopback-only.ts'
import { preferLenient } from './prefer-lenient.ts'
import { rateLimit } from './rate-limit.ts'
import type { RateLimiter } from './rate-limiter.ts'
import { rejectPreflight } from './reject-preflight.ts'
import { requestId } from './request-id.ts'
import { requestLog } from './request-log.ts'
import { securityHeaders } from './security-headers.ts'

export interface MiddlewareOptions {
  credentials: Credentials | undefined
  loopbackOnly: boolean
  rateLimiter: RateLimiter | undefined
  /** Origins of web pages that may call; `*` allows all. */
  corsOrigins: readonly string[]
}

const ALLOWED_HEADERS = [
  'authorization',
  'content-encoding',
  'content-type',
  'idempotency-key',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'prefer',
  'traceparent',
  'tracestate',
  'x-achilles-hooks',
  'x-achilles-user',
  'x-achilles-workspace',
  'x-mcp-session-token',
  'x-request-id',
]
const EXPOSED_HEADERS = [
  'preference-applied',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'www-authenticate',
  'x-request-id',
]

export interface MiddlewareDependencies {
  health: GatewayHealth
  telemetry: Telemetry
  /** The calls that a request counts for, as far as known before its body is read. */
  countCalls(c: GatewayContext): number
}

export function createMiddleware(
  options: MiddlewareOptions,
  { health, telemetry, countCalls }: MiddlewareDependencies,
): MiddlewareHandler<GatewayEnv>[] {
  return [
    requestId(),
    requestLog(telemetry),
    securityHeaders(),
    rejectPreflight(options.corsOrigins, telemetry.log),
    ...(options.loopbackOnly ? [loopbackOnly()] : []),
    ...(options.corsOrigins.length > 0 ? [crossOrigin(options.corsOrigins)] : []),
    drainGuard(health),
    preferLenient(),
    authenticate(options.credentials),
    ...(options.rateLimiter ? [rateLimit(options.rateLimiter, telemetry.metrics, countCalls)] : []),
  ]
}

const crossOrigin = (origins: readonly string[]) =>
  cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'POST', 'PATCH'],
    allowHeaders: ALLOWED_HEADERS,
    exposeHeaders: EXPOSED_HEADERS,
    maxAge: 600,
  })
