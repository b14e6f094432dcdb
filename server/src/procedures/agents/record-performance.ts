import { MCPAgentPerformanceResponse, MCPAgentPerformanceSnapshot } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const recordPerformance = procedure
  .meta({
    core: {
      method: 'POST',
      path: '/agents/performance',
      description:
        'A `window_end` before `window_start` is a 422. Keeps a snapshot, once for each `idempotency-key` of a caller (`x-achilles-client`): a key that is known answers as the first call did and keeps nothing more, and is a 422 with another body. A body is the same where it is the same JSON, in whatever order its keys come.',
    },
    openapi: {
      method: 'POST',
      path: '/agents/performance',
      tags: ['agents'],
      summary: 'Record how an agent did',
      description:
        'One snapshot a window of time. With an `Idempotency-Key` a repeated call answers as the first did and stores nothing twice.',
      errorResponses: { 404: 'No session has this id.' },
    },
    tool: {
      description:
        'Call it once for each window of time, for instance at the end of a task: how many tasks you finished and failed, suggestions shown and accepted, latency, tokens, cost. Every call keeps another record, so don’t repeat one that succeeded.',
    },
  })
  .input(boundedInput(MCPAgentPerformanceSnapshot))
  .output(boundedOutput(MCPAgentPerformanceResponse))
  .mutation(({ ctx, input }) => ctx.core(input))
