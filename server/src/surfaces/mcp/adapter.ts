import { parseJson } from '@achilles/mcp-contract'
import { createMcpHandler, isJsonContentType, isLegacyRequest, ProtocolErrorCode } from '@modelcontextprotocol/server'
import type { Handler } from 'hono'
import type { GatewayEnv } from '../../gate/gateway-env.ts'
import { inboundOf } from '../../gate/inbound.ts'
import { readBody } from '../../gate/read-body.ts'
import { GatewayError } from '../../problem/gateway-error.ts'
import type { Services } from '../../procedures/context.ts'
import { encodeMessage } from './encode-message.ts'
import { createMcpServer } from './mcp-server.ts'
import { omitNullParams } from './omit-null-params.ts'
import { serve2025 } from './serve-2025.ts'

/**
 * Answers a request of the Model Context Protocol over Streamable HTTP, whichever revision it speaks. Every request has
 * a server of its own. What is wrong with it as HTTP is a problem; past that the protocol has its own errors.
 */
export function mcpHandler(services: Services): Handler<GatewayEnv> {
  return async function mcp(c) {
    const principal = c.get('principal')
    // Before the body is read, and for every method: by this answer a client finds out where to get a token.
    if (principal instanceof GatewayError) throw principal
    const contentType = c.req.header('content-type')
    if (!isJsonContentType(contentType ?? null)) {
      throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json.')
    }
    const body = parseBody(await readBody(c, services.maxBodyBytes))
    if (body === undefined) return notJson()
    const calls = Array.isArray(body) ? body.length : 1
    if (calls > 1) await c.get('countCalls')?.(calls - 1)

    const inbound = inboundOf(c, calls)
    const server = () => createMcpServer(services, (_signal, call) => call(inbound))
    const request = c.req.raw
    let fault: Error | undefined
    const response = (await isLegacyRequest(request, body))
      ? await serve2025(server(), request, body)
      : await createMcpHandler(server, { legacy: 'reject', onerror: (error) => (fault = error) }).fetch(request, {
          parsedBody: body,
        })
    if (response.status === 500) throw fault ?? new Error('the protocol’s handler failed')
    return encoded(response)
  }
}

function parseBody(text: string): unknown {
  try {
    return omitNullParams(parseJson(text))
  } catch {
    return undefined
  }
}

function notJson(): Response {
  const error = { code: ProtocolErrorCode.ParseError, message: 'Parse error: the body is not JSON' }
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status: 400 })
}

/** The same answer, every message in it written by us. */
async function encoded(response: Response): Promise<Response> {
  const headers = new Headers(response.headers)
  headers.set('cache-control', 'no-store')
  if (!isJsonContentType(headers.get('content-type')))
    return new Response(response.body, { status: response.status, headers })
  const messages: unknown = await response.json()
  const text = Array.isArray(messages) ? `[${messages.map(encodeMessage).join()}]` : encodeMessage(messages)
  return new Response(text, { status: response.status, headers })
}
