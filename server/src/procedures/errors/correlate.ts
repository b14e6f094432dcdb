import { MCPErrorCorrelationRequest, MCPErrorCorrelationResponse } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const correlate = procedure
  .meta({
    core: {
      method: 'POST',
      path: '/errors/correlations',
      description:
        'Scores each candidate from 0 to 1 and keeps the result, once for each `idempotency-key` of a caller (`x-achilles-client`): a key that is known answers as the first call did and keeps nothing more, and is a 422 with another body. A body is the same where it is the same JSON, in whatever order its keys come.',
    },
    openapi: {
      method: 'POST',
      path: '/errors/correlations',
      tags: ['errors'],
      summary: 'Ask what may have caused an error',
      description:
        'Scores up to 100 candidate events. With an `Idempotency-Key` a repeated call answers as the first did and stores nothing twice.',
      errorResponses: { 404: 'No session has this id, or no event of it is the error.' },
    },
    tool: {
      description:
        'Call it after an error to ask which earlier events may have caused it: the error’s `event_id` and 1 to 100 candidates, all of one session and sent before with `signals_ingest_batch`. Each gets a `score` from 0 to 1 and a reason. Every call keeps its result.',
    },
  })
  .input(boundedInput(MCPErrorCorrelationRequest))
  .output(boundedOutput(MCPErrorCorrelationResponse))
  .mutation(({ ctx, input }) => ctx.core(input))
