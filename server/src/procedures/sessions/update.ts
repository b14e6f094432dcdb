import { MCPSessionUpdate, SessionOut } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const update = procedure
  .meta({
    core: {
      method: 'PATCH',
      path: '/mcp/sessions/{session_id}',
      description:
        'Sets `status` and, if given, `end_time`. Setting the same state again changes neither. `active` sets `end_time` to null. An `end_time` before `start_time`, or with `active`, is a 422.',
    },
    openapi: {
      method: 'PATCH',
      path: '/sessions/{session_id}',
      tags: ['sessions'],
      summary: 'Set the state of a session',
      description:
        'Sets `status` and, when the session ends, `end_time`, which must not precede `start_time`. Setting the same state again changes nothing; `active` reopens the session and clears `end_time`.',
      errorResponses: { 404: 'No session has this id.' },
    },
    tool: {
      description:
        'Call this when the task is over: set `status` to `completed`, or to `failed` or `abandoned`, and `end_time`. Setting the same state again changes nothing.',
      repeatable: true,
      records: true,
      example: { session_id: 'ses_8c41', status: 'completed', end_time: '2026-03-02T09:30:00Z' },
    },
  })
  .input(boundedInput(MCPSessionUpdate))
  .output(boundedOutput(SessionOut))
  .mutation(({ ctx, input }) => ctx.core(input))
