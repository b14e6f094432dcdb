import { MCPAgentPerformanceResponse, MCPAgentPerformanceSnapshot } from '@achilles/mcp-contract'
import { procedure } from '../procedure.ts'

export const recordPerformance = procedure
  .meta({
    openapi: {
      method: 'POST',
      path: '/agents/performance',
      tags: ['agents'],
      summary: 'Record how an agent did',
      description:
        'One snapshot a window of time. With an `Idempotency-Key` a repeated call answers as the first did and stores nothing twice.',
    },
  })
  .input(MCPAgentPerformanceSnapshot)
  .output(MCPAgentPerformanceResponse)
  .mutation(({ ctx, input }) => ctx.core.post('/agents/performance', input))
