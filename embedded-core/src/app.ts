import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  listOfEvents,
  MCPAgentPerformanceSnapshot,
  MCPErrorCorrelationRequest,
  MCPEvent,
  MCPHandshakeRequest,
  type MCPHandshakeResponse,
  MCPInsightsQuery,
  MCPProjectResolve,
  MCPSessionCreate,
  MCPSessionResolve,
  MCPSessionSnapshotRequest,
  MCPSessionUpdate,
  stringifyJson,
} from '@achilles/mcp-contract'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { z } from 'zod'
import { DatabaseUnavailable, describeError, type OpenDatabase } from './database.ts'
import { DatabaseHealth, IngestHealth } from './health.ts'
import { BadRequest, NotFound, parseBody, validate } from './read-request.ts'
import type { IdempotencyKey } from './store/insert-once.ts'
import { createStore } from './store/store.ts'

const MAX_BODY_BYTES = 64 * 1024 * 1024

const SessionState = MCPSessionUpdate.omit({ session_id: true })

const { event_id, timestamp } = MCPEvent.shape
/** The gateway sends each event with an id and a time. */
const CompleteEvent = z.strictObject({
  ...MCPEvent.shape,
  event_id: event_id.unwrap(),
  timestamp: timestamp.unwrap(),
})
const CompleteEventBatch = z.strictObject({ events: listOfEvents(CompleteEvent) })

/** `now` returns milliseconds since 1970. */
export interface EmbeddedCoreAppOptions {
  apiKey: string
  log: (line: string) => void
  now?: () => number
}

export function createEmbeddedCoreApp(
  openDatabase: OpenDatabase,
  { apiKey, log, now = Date.now }: EmbeddedCoreAppOptions,
): Hono {
  const database = new DatabaseHealth(openDatabase, log)
  const store = createStore(database)
  const health = new IngestHealth(database, now)
  const app = new Hono()

  app.use(requireKey(apiKey))
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (c) => jsonResponse(c, { detail: `the body is larger than ${MAX_BODY_BYTES} bytes` }, 413),
    }),
  )

  app.get('/mcp/health', async (c) => jsonResponse(c, await health.getResponse()))
  app.post('/mcp/handshake', route(MCPHandshakeRequest, createHandshakeResponse))
  app.post('/mcp/sessions', route(MCPSessionCreate, store.createSession))
  app.post('/mcp/sessions/resolve', route(MCPSessionResolve, store.resolveSession))
  app.patch(
    '/mcp/sessions/:id',
    route(SessionState, (state, c) => {
      const session_id = validate(MCPSessionUpdate.shape.session_id, c.req.param('id'))
      return store.updateSession({ ...state, session_id })
    }),
  )
  app.post('/projects/resolve', route(MCPProjectResolve, store.resolveProject))
  app.post(
    '/signals/events/batch',
    route(CompleteEventBatch, (batch) => health.track(store.ingestEvents(batch))),
  )
  app.post('/signals/insights', route(MCPInsightsQuery, store.queryInsights))
  app.post('/state/session', route(MCPSessionSnapshotRequest, withIdempotencyKey(store.recordSnapshot)))
  app.post('/agents/performance', route(MCPAgentPerformanceSnapshot, withIdempotencyKey(store.recordPerformance)))
  app.post('/errors/correlations', route(MCPErrorCorrelationRequest, withIdempotencyKey(store.correlateError)))

  app.notFound((c) => jsonResponse(c, { detail: 'Not Found' }, 404))
  app.onError((error, c) => {
    if (error instanceof NotFound) return jsonResponse(c, { detail: error.message }, 404)
    if (error instanceof BadRequest) {
      return jsonResponse(c, { detail: error.message, issues: error.issues }, error.status)
    }
    if (error instanceof DatabaseUnavailable) {
      c.header('retry-after', '1')
      return jsonResponse(c, { detail: 'the database is unavailable' }, 503)
    }
    const id = c.req.header('x-request-id') ?? 'without id'
    log(`${c.req.method} ${c.req.path} failed (request ${id}): ${describeError(error)}`)
    return jsonResponse(c, { detail: 'internal error' }, 500)
  })
  return app
}

function requireKey(apiKey: string): MiddlewareHandler {
  const expected = sha256(apiKey)
  return async function requireKey(c, next) {
    const key = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    if (key === undefined || !timingSafeEqual(sha256(key), expected)) {
      c.header('www-authenticate', 'Bearer')
      return jsonResponse(c, { detail: 'a valid bearer key is required' }, 401)
    }
    return next()
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()

function route<Schema extends z.ZodType>(
  schema: Schema,
  handle: (request: z.output<Schema>, c: Context) => unknown,
): (c: Context) => Promise<Response> {
  return async (c) => jsonResponse(c, await handle(validate(schema, parseBody(await c.req.text())), c))
}

/** The gateway sets `x-achilles-client` to the caller that it authenticated. */
const withIdempotencyKey =
  <Request, Response>(record: (request: Request, idempotencyKey: IdempotencyKey | undefined) => Promise<Response>) =>
  (request: Request, c: Context) => {
    const key = c.req.header('idempotency-key')
    return record(
      request,
      key === undefined ? undefined : { key, client: c.req.header('x-achilles-client') ?? 'anonymous' },
    )
  }

function jsonResponse(c: Context, value: unknown, status: ContentfulStatusCode = 200): Response {
  return c.body(stringifyJson(value), status, { 'content-type': 'application/json' })
}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** The session token is random; the embedded Core never checks it. */
function createHandshakeResponse(): MCPHandshakeResponse {
  return {
    server_name: 'achilles-embedded-core',
    server_version: version,
    mcp_session_token: `mst_${randomBytes(24).toString('base64url')}`,
    preferred_batch_size: 200,
    max_payload_bytes: 16 * 1024 * 1024,
    features: { insights: true, snapshots: true, error_correlation: true, agent_performance: true },
  }
}
