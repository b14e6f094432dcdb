import { MCPSessionResolve, MCPSessionResolveResponse } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const resolve = procedure
  .meta({
    core: {
      method: 'POST',
      path: '/mcp/sessions/resolve',
      description:
        'Finds a session by its `external_session_key`, and by workspace and user if given; of several matches, the newest. If none matches, responds with 200, `found` false and `session` `null`. Creates nothing.',
    },
    openapi: {
      method: 'POST',
      path: '/sessions/resolve',
      tags: ['sessions'],
      summary: 'Find a session by the client’s own key',
      description: 'Returns `found: false` and `session: null` if there is none. Creates nothing.',
    },
    tool: {
      description:
        'Call this to continue a session after an interruption, when you know its `external_session_key` but not its `session_id`. Creates nothing: if `found` is false, call `sessions_create`.',
      records: true,
    },
  })
  .input(boundedInput(MCPSessionResolve))
  .output(boundedOutput(MCPSessionResolveResponse))
  .query(({ ctx, input }) => ctx.core(input))
