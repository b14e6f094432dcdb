import { MCPErrorCorrelationRequest, MCPErrorCorrelationResponse } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const correlate = procedure
  .meta({
    core: {
      method: 'POST',
      path: '/errors/correlations',
      description:
        'Scores each candidate from 0 to 1 and stores the result, once per `idempotency-key` and caller (`x-achilles-client`): a repeated key returns the first call’s response and stores nothing; with another body it is a 422. Two bodies are equal if they are the same JSON, in any key order.',
    },
    openapi: {
      method: 'POST',
      path: '/errors/correlations',
      tags: ['errors'],
      summary: 'Find likely causes of an error',
      description:
        'Scores up to 100 candidate events. With an `Idempotency-Key` a repeated call returns the first response and stores nothing twice.',
      errorResponses: { 404: 'The session or the error event does not exist.' },
    },
    tool: {
      description:
        'Call this after an error to find which earlier events may have caused it. Pass the `event_id` of the error and 1 to 100 candidates, all of one session and already sent. The response has a `score` from 0 to 1 and a reason for each. Each call stores its result.',
    },
  })
  .input(boundedInput(MCPErrorCorrelationRequest))
  .output(boundedOutput(MCPErrorCorrelationResponse))
  .mutation(({ ctx, input }) => ctx.core(input))
