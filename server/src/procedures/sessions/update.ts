import { MCPSessionUpdate, SessionOut } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const update = procedure
  .meta({
    core: {
      method: 'PATCH',
      path: '/mcp/sessions/{session_id}',
      description: 'Sets `status` and, where it is given, `end_time`. Setting the same state again changes neither.',
    },
    openapi: {
      method: 'PATCH',
      path: '/sessions/{session_id}',
      tags: ['sessions'],
      summary: 'Set the state of a session',
      description: 'Sets `status` and, at the end, `end_time`. Setting the same state again changes nothing.',
      errorResponses: { 404: 'No session has this id.' },
    },
    tool: {
      description:
        'Call it when the work is over: `completed` with an `end_time`, `failed` or `abandoned` where it did not succeed. Setting the same state again changes nothing. Nothing needs to follow; `signals_insights` still answers.',
      repeatable: true,
    },
  })
  .input(boundedInput(MCPSessionUpdate))
  .output(boundedOutput(SessionOut))
  .mutation(({ ctx, input }) => ctx.core(input))
