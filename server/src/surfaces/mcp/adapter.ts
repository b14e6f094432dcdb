import { parseJson } from '@achilles/mcp-contract'
import {
  createMcpHandler,
  isJsonContentType,
  isLegacyRequest,
  type McpRequestContext,
  ProtocolErrorCode,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import type { Handler, Hono } from 'hono'
import { badRequest, GatewayError } from '../../errors/gateway-error.ts'
import { onHalfClose } from '../../http/disconnect.ts'
import type { GatewayEnv } from '../../http/env.ts'
import { admitsJson } from '../../http/headers.ts'
import { PATHS } from '../../http/paths.ts'
import { readBody } from '../../http/read-body.ts'
import { getRequestContext } from '../../http/request-context.ts'
import { originCheck } from '../../middleware/loopback-only.ts'
import type { Services } from '../../procedures/context.ts'
import type { StreamingOptions } from '../streams/event-stream.ts'
import { encodeMessage, omitNullParams } from './encode-message.ts'
import { openInsightSubscriptions } from './insight-subscriptions.ts'
import { createMcpServer } from './mcp-server.ts'
import { TOOL_SETS, type ToolSet } from './tools.ts'

export interface McpOptions extends StreamingOptions {
  /** `*` allows all. */
  corsOrigins: readonly string[]
}

/** Mounts only `POST`: there are no sessions, and no stream but that of a `subscriptions/listen`. */
export function mountMcp(app: Hono<GatewayEnv>, services: Services, { corsOrigins, ...streaming }: McpOptions): void {
  app.post(PATHS.mcp, originCheck(corsOrigins), mcpHandler(services, streaming))
}

/** Serves every revision, with a new server for each request. HTTP errors become problems. */
function mcpHandler(services: Services, streaming: StreamingOptions): Handler<GatewayEnv> {
  return async function mcp(c) {
    const principal = c.get('principal')
    // Before the body is read, and for every method: from this 401 a client learns where to get a token.
    if (principal instanceof GatewayError) throw principal
    const tools = getToolSet(c.req.query('tools'))
    const contentType = c.req.header('content-type')
    if (!isJsonContentType(contentType ?? null)) {
      throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json.')
    }
    const body = parseBody(await readBody(c, services.maxBodyBytes))
    if (body === undefined) return parseErrorResponse()
    const calls = Array.isArray(body) ? body.length : 1
    if (calls > 1) await c.get('countCalls')?.(calls - 1)

    const inbound = getRequestContext(c, calls)
    const server = (context?: McpRequestContext) =>
      createMcpServer(services, (_signal, call) => call(inbound), tools, { subscribe: context?.era === 'modern' })
    const request = c.req.raw
    let fault: Error | undefined
    const serve2026 = async () => {
      const options = { pingMs: streaming.pingMs, recheck: () => streaming.recheck(c) }
      const bus = await openInsightSubscriptions(body, inbound, services, options)
      const handler = createMcpHandler(server, {
        legacy: 'reject',
        onerror: (error) => (fault = error),
        ...(bus && { bus }),
      })
      if (bus) {
        const stopListening = onHalfClose(c, bus.close)
        void bus.ended.then(() => {
          stopListening()
          return handler.close()
        })
      }
      const response = await handler.fetch(request, { parsedBody: body })
      // A request that was rejected subscribes to nothing.
      if (isJsonContentType(response.headers.get('content-type'))) bus?.close()
      return response
    }
    const response = (await isLegacyRequest(request, body))
      ? await serve2025(server(), request, body)
      : await serve2026()
    if (response.status === 500) throw fault ?? new Error('the MCP handler failed')
    return encodeResponse(response)
  }
}

/** @throws GatewayError 400 for an unknown set. */
function getToolSet(name = 'all'): ToolSet {
  const set = TOOL_SETS.find((set) => set === name)
  if (!set) throw badRequest([{ path: 'tools', message: `must be one of ${TOOL_SETS.join(', ')}` }])
  return set
}

function parseBody(text: string): unknown {
  try {
    return omitNullParams(parseJson(text))
  } catch {
    return undefined
  }
}

function parseErrorResponse(): Response {
  const error = { code: ProtocolErrorCode.ParseError, message: 'Parse error: the body is not JSON' }
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status: 400 })
}

async function encodeResponse(response: Response): Promise<Response> {
  const headers = new Headers(response.headers)
  headers.set('cache-control', 'no-store')
  if (!isJsonContentType(headers.get('content-type')))
    return new Response(response.body, { status: response.status, headers })
  const messages: unknown = await response.json()
  const text = Array.isArray(messages) ? `[${messages.map(encodeMessage).join()}]` : encodeMessage(messages)
  return new Response(text, { status: response.status, headers })
}

const [JSON_TYPE, STREAM_TYPE] = ['application/json', 'text/event-stream']

/**
 * Serves 2024 and 2025 revisions: without a session, as JSON, never as a stream.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
async function serve2025(server: Server, request: Request, body: unknown): Promise<Response> {
  // Ignored: a cancelled call would leave the HTTP request, the only one of this server, without a response.
  server.setNotificationHandler('notifications/cancelled', () => {})
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
  await server.connect(transport)
  const disconnected = new Promise<Response>((resolve) => {
    request.signal.addEventListener('abort', () => resolve(new Response(null, { status: 499 })), { once: true })
  })
  try {
    return await Promise.race([transport.handleRequest(withFullAccept(request), { parsedBody: body }), disconnected])
  } finally {
    // Aborts in-flight calls after a client disconnect.
    await server.close()
  }
}

/** The SDK requires both media types in `Accept`. Responses are JSON, so accepting JSON is enough. */
function withFullAccept(request: Request): Request {
  const accept = request.headers.get('accept')
  if (!admitsJson(accept)) return withAccept(request, STREAM_TYPE)
  if (accept?.includes(JSON_TYPE) && accept.includes(STREAM_TYPE)) return request
  return withAccept(request, `${JSON_TYPE}, ${STREAM_TYPE}`)
}

function withAccept(request: Request, accept: string): Request {
  const headers = new Headers(request.headers)
  headers.set('accept', accept)
  return new Request(request.url, { method: request.method, headers, signal: request.signal })
}
