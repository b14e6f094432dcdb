import { MCPSessionCreate, SessionOut } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const create = procedure
  .meta({
    core: {
      method: 'POST',
      path: '/mcp/sessions',
      description:
        'Opens a session. If the same `external_session_key` opened one in the same workspace, returns that one unchanged. `session_id` is used in paths: 1 to 256 letters, digits and `._:@-`, starting with a letter or digit.',
    },
    openapi: {
      method: 'POST',
      path: '/sessions',
      tags: ['sessions'],
      summary: 'Open a session',
      description:
        'Opens a session, or returns the one that the same `external_session_key` opened before. Events, snapshots and insights belong to its `session_id`.',
    },
    tool: {
      description:
        'Call this once for each task, before you send events. Choose an `external_session_key`, for example a UUID, and remember it: the same key in the same workspace returns the same session. The response has the `session_id` that the other tools need. Next: `signals_ingest_batch`.',
      repeatable: true,
      records: true,
      example: {
        external_session_key: '5f0e7c31-9d6b-4f4f-8a8a-1c11a0b3d2e4',
        user_id: 'ada',
        workspace_id: 'ws-checkout',
        start_time: '2026-03-02T09:00:00Z',
      },
    },
  })
  .input(boundedInput(MCPSessionCreate))
  .output(boundedOutput(SessionOut))
  .mutation(({ ctx, input }) => ctx.core(input))
