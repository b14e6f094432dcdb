import { InsightOut, MCPInsightsQuery } from '@achilles/mcp-contract'
import { z } from 'zod'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const insights = procedure
  .meta({
    core: {
      method: 'POST',
      path: '/signals/insights',
      description:
        'What Core has learned from a session: made at or after `since` where that is given, newest first, at most `limit`. Nothing learned is an empty list. Changes nothing.',
    },
    openapi: {
      method: 'POST',
      path: '/signals/insights',
      tags: ['signals'],
      summary: 'Read what Core has learned from a session',
      description: 'Newest first, at most `limit`. Also a `GET` with the same fields as query parameters.',
      successDescription: 'The insights, newest first.',
      errorResponses: { 404: 'No session has this id.' },
    },
    alsoGet: true,
    tool: {
      description:
        'Call it to learn what Core has noticed in a session, such as bursts of errors or reverted work, newest first. At most `limit` (1 to 200, otherwise 50); `since` leaves out what you have read before. Reads only: call it as often as you like, best after a batch.',
    },
  })
  .input(boundedInput(MCPInsightsQuery))
  .output(boundedOutput(z.array(InsightOut)))
  .query(({ ctx, input }) => ctx.core(input))
