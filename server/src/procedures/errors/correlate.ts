import { MCPErrorCorrelationRequest, MCPErrorCorrelationResponse } from '@achilles/mcp-contract'
import { procedure } from '../procedure.ts'

export const correlate = procedure
  .meta({
    openapi: {
      method: 'POST',
      path: '/errors/correlations',
      tags: ['errors'],
      summary: 'Ask what may have caused an error',
      description:
        'Scores up to 100 candidate events. With an `Idempotency-Key` a repeated call answers as the first did and stores nothing twice.',
    },
  })
  .input(MCPErrorCorrelationRequest)
  .output(MCPErrorCorrelationResponse)
  .mutation(({ ctx, input }) => ctx.core.post('/errors/correlations', input))
