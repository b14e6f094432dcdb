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
        'Call this once before you send events. Choose a unique `external_session_key`, for example a UUID, and keep it: the same key in the same workspace returns the same session. `start_time` is RFC 3339 with `Z` or an offset. Next: send events with the returned `session_id` by `signals_ingest_batch`, and end with `sessions_update`.',
      repeatable: true,
    },
  })
  .input(boundedInput(MCPSessionCreate))
  .output(boundedOutput(SessionOut))
  .mutation(({ ctx, input }) => ctx.core(input))
