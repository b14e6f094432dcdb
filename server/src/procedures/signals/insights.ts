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
        'Returns a session’s insights, newest first, at most `limit`: the newest, or with `since` the oldest of those created at or after it, so that a reader who continues at the newest `created_at` misses none. `created_at` is when Core created the insight; it increases strictly within a session, and no insight appears later with an earlier one. Without insights the list is empty. Changes nothing.',
    },
    openapi: {
      method: 'POST',
      path: '/signals/insights',
      tags: ['signals'],
      summary: 'Read a session’s insights',
      description:
        'Newest first, at most `limit`: the newest, or with `since` the oldest of those created at or after it. Also available as a `GET` with the same fields as query parameters. `GET /signals/insights/stream` sends new ones as they appear.',
      successDescription: 'The insights, newest first.',
      errorResponses: { 404: 'No session has this id.' },
    },
    alsoGet: true,
    tool: {
      description:
        'Call this to read what Core found in a session, such as error bursts or reverted work, newest first. `limit` is 1 to 200 (default 50). To wait for new ones, call it again every few seconds with `since`: the `created_at` of the newest that you have read. That one comes again; skip it by its `insight_id`.',
      example: { session_id: 'ses_8c41', limit: 20 },
    },
  })
  .input(boundedInput(MCPInsightsQuery))
  .output(boundedOutput(z.array(InsightOut)))
  .query(({ ctx, input }) => ctx.core(input))
