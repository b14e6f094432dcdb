import { InsightOut, MCPInsightsQuery } from '@achilles/mcp-contract'
import { z } from 'zod'
import { procedure } from '../procedure.ts'

export const insights = procedure
  .meta({
    openapi: {
      method: 'POST',
      path: '/signals/insights',
      tags: ['signals'],
      summary: 'Read what Core has learned from a session',
      description: 'Newest first, at most `limit`. Also a `GET` with the same fields as query parameters.',
    },
    alsoGet: true,
  })
  .input(MCPInsightsQuery)
  .output(z.array(InsightOut))
  .query(({ ctx, input }) => ctx.core.post('/signals/insights', input))
