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
        'Returns a session’s insights: created at or after `since` if given, newest first, at most `limit`. Without insights the list is empty. Changes nothing.',
    },
    openapi: {
      method: 'POST',
      path: '/signals/insights',
      tags: ['signals'],
      summary: 'Read a session’s insights',
      description: 'Newest first, at most `limit`. Also available as a `GET` with the same fields as query parameters.',
      successDescription: 'The insights, newest first.',
      errorResponses: { 404: 'No session has this id.' },
    },
    alsoGet: true,
    tool: {
      description:
        'Call this to read what Core found in a session, such as error bursts or reverted work, newest first. `limit` is 1 to 200 (default 50). To read only new ones, set `since` to the `created_at` of the last that you have read.',
      example: { session_id: 'ses_8c41', limit: 20 },
    },
  })
  .input(boundedInput(MCPInsightsQuery))
  .output(boundedOutput(z.array(InsightOut)))
  .query(({ ctx, input }) => ctx.core(input))
