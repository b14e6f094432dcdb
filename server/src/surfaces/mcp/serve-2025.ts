import { type Server, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'
import { admitsJson } from '../../gate/admits-json.ts'

const [JSON_TYPE, STREAM_TYPE] = ['application/json', 'text/event-stream']

/**
 * Answers one request of a client that speaks a revision of 2024 or 2025: without a session, as JSON, never a stream.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
export async function serve2025(server: Server, request: Request, body: unknown): Promise<Response> {
  // A server lives for one request, so nothing else can be meant; and what was cancelled would never be answered.
  server.setNotificationHandler('notifications/cancelled', () => {})
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
  await server.connect(transport)
  const hungUp = new Promise<Response>((resolve) => {
    request.signal.addEventListener('abort', () => resolve(new Response(null, { status: 499 })), { once: true })
  })
  try {
    return await Promise.race([transport.handleRequest(withFullAccept(request), { parsedBody: body }), hungUp])
  } finally {
    // Ends what is still under way, if the caller hung up.
    await server.close()
  }
}

/** The SDK wants both of its media types in `Accept`, letter for letter; what is sent is JSON, so admitting that will do. */
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
