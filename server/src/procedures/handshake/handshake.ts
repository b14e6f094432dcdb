import { isPlainObject, MCPHandshakeRequest, MCPHandshakeResponse } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const handshake = procedure
  .meta({
    core: {
      method: 'POST',
      path: '/mcp/handshake',
      description:
        'Grants a client what it may do and keeps nothing. `mcp_session_token` comes back as `x-mcp-session-token` with the calls of those clients that send it. The gateway lowers `max_payload_bytes` to its own limit where that is less. It takes no batch of more than 1000 events, so neither should `preferred_batch_size` be above that.',
    },
    openapi: {
      method: 'POST',
      path: '/handshake',
      tags: ['handshake'],
      summary: 'Negotiate',
      description:
        'The first call of a client: says who it is, learns the session token to send on as `x-mcp-session-token` and the sizes to keep to. `max_payload_bytes` is never above what this gateway takes.',
    },
    tool: {
      description:
        'Call it first, once a conversation: say who you are and which workspace you work in. The answer holds the sizes to keep to (`preferred_batch_size`, `max_payload_bytes`) and the `features` that Core has. Next: `projects_resolve`, or `sessions_create` at once. `mcp_session_token` is for HTTP clients; no tool asks for it.',
    },
  })
  .input(boundedInput(MCPHandshakeRequest))
  .output(boundedOutput(MCPHandshakeResponse))
  .mutation(({ ctx, input }) =>
    ctx.core(input, (answer) => {
      const { link, maxBodyBytes } = ctx.services
      const { data } = MCPHandshakeResponse.safeParse(answer)
      if (data) link.learnSizes({ maxEvents: data.preferred_batch_size, maxBytes: data.max_payload_bytes })
      return lowerPayloadLimit(answer, maxBodyBytes)
    }),
  )

/** A client that trusts `max_payload_bytes` must never be refused by the gateway. */
function lowerPayloadLimit(answer: unknown, limit: number): unknown {
  if (!isPlainObject(answer)) return answer
  const { max_payload_bytes: asked } = answer
  const tooHigh = (typeof asked === 'number' || typeof asked === 'bigint') && asked > limit
  return tooHigh ? { ...answer, max_payload_bytes: limit } : answer
}
