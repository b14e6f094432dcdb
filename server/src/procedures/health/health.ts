import { MCPHealthResponse } from '@achilles/mcp-contract'
import { procedure } from '../procedure.ts'

export const health = procedure
  .meta({
    openapi: {
      method: 'GET',
      path: '/health',
      tags: ['health'],
      protect: false,
      summary: 'The gateway’s own health',
      description: 'Answered by the gateway alone, without a call to Core.',
    },
  })
  .output(MCPHealthResponse)
  .query(({ ctx }) => ctx.services.health.read())
