import { MCPSessionUpdate, SessionOut } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const update = procedure
  .meta({
    core: {
      method: 'PATCH',
      path: '/mcp/sessions/{session_id}',
      description:
        'Sets `status` and, where it is given, `end_time`. Setting the same state again changes neither. `active` sets `end_time` to null. An `end_time` before `start_time`, or with `active`, is a 422.',
    },
    openapi: {
      method: 'PATCH',
      path: '/sessions/{session_id}',
      tags: ['sessions'],
      summary: 'Set the state of a session',
      description:
        'Sets `status` and, at the end, `end_time`, which is not before `start_time`. Setting the same state again changes nothing; `active` opens the session again, without an `end_time`.',
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
