import { MCPSessionCreate, SessionOut } from '@achilles/mcp-contract'
import { procedure } from '../procedure.ts'

export const create = procedure
  .meta({
    openapi: {
      method: 'POST',
      path: '/sessions',
      tags: ['sessions'],
      summary: 'Open a session',
      description:
        'Opens a session, or answers with the one that the same `external_session_key` opened before. Events, snapshots and insights belong to its `session_id`.',
    },
  })
  .input(MCPSessionCreate)
  .output(SessionOut)
  .mutation(({ ctx, input }) => ctx.core.post('/mcp/sessions', input))
