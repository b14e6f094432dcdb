import { MCPHandshakeResponse, MCPHealthResponse, SessionOut } from '@achilles/mcp-contract'
import { acceptAll } from '../../server/tests/support/event-core.ts'
import { reply, type Script } from '../../server/tests/support/scripted-core.ts'

const exampleOf = (schema: { meta(): { examples?: unknown[] | undefined } | undefined }) =>
  schema.meta()?.examples?.[0] as object

const ACTIVE = { ...exampleOf(SessionOut), status: 'active' }

/**
 * A Core in which every session opens, whatever happens to its events.
 * @param batch what Core does with a batch of events; accepts all of them by default
 * @param preferredBatchSize events a batch, as the handshake grants
 */
export const recordingCore =
  (batch: Script = acceptAll, preferredBatchSize = 50): Script =>
  (request, response, attempt) => {
    const scripts: Record<string, Script> = {
      '/mcp/health': reply(200, exampleOf(MCPHealthResponse)),
      '/mcp/handshake': reply(200, {
        ...exampleOf(MCPHandshakeResponse),
        preferred_batch_size: preferredBatchSize,
      }),
      '/signals/events/batch': batch,
    }
    const script = scripts[request.url] ?? reply(200, ACTIVE)
    script(request, response, attempt)
  }
