import { isPlainObject, MCPHandshakeRequest, MCPHandshakeResponse } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const handshake = procedure
  .meta({
    core: {
      method: 'POST',
      path: '/mcp/handshake',
      description:
        'Returns the client’s token, limits and features; stores nothing. Clients may send `mcp_session_token` back as `x-mcp-session-token`. The gateway lowers `max_payload_bytes` to its own limit if that is less. It accepts batches of at most 1000 events, so `preferred_batch_size` should not exceed 1000.',
    },
    openapi: {
      method: 'POST',
      path: '/handshake',
      tags: ['handshake'],
      summary: 'Negotiate',
      description:
        'A client’s first call: identifies it, and returns the session token to send as `x-mcp-session-token` and the size limits. `max_payload_bytes` never exceeds this gateway’s own limit.',
    },
    tool: {
      description:
        'Call this first, once per conversation: it names you to Core. The response has the limits of a batch (`preferred_batch_size` events, `max_payload_bytes`). Ignore `mcp_session_token`. Next: `projects_resolve`.',
      records: true,
      example: { client_name: 'my-agent', client_version: '1.0.0', workspace_id: 'ws-checkout' },
    },
  })
  .input(boundedInput(MCPHandshakeRequest))
  .output(boundedOutput(MCPHandshakeResponse))
  .mutation(({ ctx, input }) =>
    ctx.core(input, {
      transform(response) {
        const { upstream, maxBodyBytes } = ctx.services
        const { data } = MCPHandshakeResponse.safeParse(response)
        if (data) upstream.learnSizes({ maxEvents: data.preferred_batch_size, maxBytes: data.max_payload_bytes })
        return lowerPayloadLimit(response, maxBodyBytes)
      },
    }),
  )

/** Clients rely on `max_payload_bytes`, so it must not exceed the gateway's limit. */
function lowerPayloadLimit(response: unknown, limit: number): unknown {
  if (!isPlainObject(response)) return response
  const { max_payload_bytes: granted } = response
  const tooHigh = (typeof granted === 'number' || typeof granted === 'bigint') && granted > limit
  return tooHigh ? { ...response, max_payload_bytes: limit } : response
}
