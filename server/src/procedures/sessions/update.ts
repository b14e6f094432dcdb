import { MCPSessionUpdate, SessionOut } from '@achilles/mcp-contract'
import { procedure } from '../procedure.ts'

export const update = procedure
  .meta({
    openapi: {
      method: 'PATCH',
      path: '/sessions/{session_id}',
      tags: ['sessions'],
      summary: 'Set the state of a session',
      description: 'Sets `status` and, at the end, `end_time`. Setting the same state again changes nothing.',
    },
  })
  .input(MCPSessionUpdate)
  .output(SessionOut)
  .mutation(({ ctx, input: { session_id, ...state } }) =>
    ctx.core.patch(`/mcp/sessions/${encodeURIComponent(session_id)}`, state),
  )
