import { MCPAgentPerformanceResponse, MCPAgentPerformanceSnapshot } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const recordPerformance = procedure
  .meta({
    core: {
      method: 'POST',
      path: '/agents/performance',
      description:
        'Stores a snapshot, once per `idempotency-key` and caller (`x-achilles-client`): a repeated key returns the first call’s response and stores nothing; with another body it is a 422. Two bodies are equal if they are the same JSON, in any key order. A `window_end` before `window_start` is a 422.',
    },
    openapi: {
      method: 'POST',
      path: '/agents/performance',
      tags: ['agents'],
      summary: 'Record an agent’s performance',
      description:
        'One snapshot per time window. With an `Idempotency-Key` a repeated call returns the first response and stores nothing twice.',
      errorResponses: { 404: 'No session has this id.' },
    },
    tool: {
      description:
        'Call this at the end of a task, or once for each time window, with what you did: tasks, latency, tokens, cost. Each call stores another record: do not repeat a successful call.',
      records: true,
    },
  })
  .input(boundedInput(MCPAgentPerformanceSnapshot))
  .output(boundedOutput(MCPAgentPerformanceResponse))
  .mutation(({ ctx, input }) => ctx.core(input))
