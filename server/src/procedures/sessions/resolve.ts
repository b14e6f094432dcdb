import { MCPSessionResolve, MCPSessionResolveResponse } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const resolve = procedure
  .meta({
    core: {
      method: 'POST',
      path: '/mcp/sessions/resolve',
      description:
        'Finds a session by its `external_session_key`, in the workspace and of the user where those are given; the newest where several fit. Where none does, that is a success: `found` is false and `session` is `null`. Makes nothing.',
    },
    openapi: {
      method: 'POST',
      path: '/sessions/resolve',
      tags: ['sessions'],
      summary: 'Find a session by the client’s own key',
      description: 'Answers `found: false` and `session: null` where there is none; nothing is made.',
    },
    tool: {
      description:
        'Call it to go on with a session after an interruption, when you know its `external_session_key` but not its `session_id`. Makes nothing: `found` is false and `session` is null where there is none; then call `sessions_create`.',
    },
  })
  .input(boundedInput(MCPSessionResolve))
  .output(boundedOutput(MCPSessionResolveResponse))
  .query(({ ctx, input }) => ctx.core(input))
