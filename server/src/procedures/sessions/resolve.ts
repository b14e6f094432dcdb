import { MCPSessionResolve, MCPSessionResolveResponse } from '@achilles/mcp-contract'
import { procedure } from '../procedure.ts'

export const resolve = procedure
  .meta({
    openapi: {
      method: 'POST',
      path: '/sessions/resolve',
      tags: ['sessions'],
      summary: 'Find a session by the client’s own key',
      description: 'Answers `found: false` and `session: null` where there is none; nothing is made.',
    },
  })
  .input(MCPSessionResolve)
  .output(MCPSessionResolveResponse)
  .query(({ ctx, input }) => ctx.core.post('/mcp/sessions/resolve', input))
