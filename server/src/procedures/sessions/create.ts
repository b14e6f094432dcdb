import { MCPSessionCreate, SessionOut } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const create = procedure
  .meta({
    core: {
      method: 'POST',
      path: '/mcp/sessions',
      description:
        'Opens a session, or answers with the one that the same `external_session_key` opened in the same workspace, unchanged. Its `session_id` stands in paths: up to 256 letters, digits and `._:@-`, the first a letter or digit.',
    },
    openapi: {
      method: 'POST',
      path: '/sessions',
      tags: ['sessions'],
      summary: 'Open a session',
      description:
        'Opens a session, or answers with the one that the same `external_session_key` opened before. Events, snapshots and insights belong to its `session_id`.',
    },
    tool: {
      description:
        'Call it once before you send events. Choose an `external_session_key` that is yours alone, for instance a UUID, and keep it: the same key in the same workspace gives the same session again. Next: send what happens to the answer’s `session_id` with `signals_ingest_batch`, and end with `sessions_update`. `start_time` is RFC 3339 with `Z` or an offset.',
      repeatable: true,
    },
  })
  .input(boundedInput(MCPSessionCreate))
  .output(boundedOutput(SessionOut))
  .mutation(({ ctx, input }) => ctx.core(input))
