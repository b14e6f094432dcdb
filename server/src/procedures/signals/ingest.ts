import { EventBatchResponse, MCPEvent } from '@achilles/mcp-contract'
import { procedure } from '../procedure.ts'

export const ingest = procedure
  .meta({
    openapi: {
      method: 'POST',
      path: '/signals/events',
      tags: ['signals'],
      summary: 'Send one event',
      description: 'The same as a batch of one. Prefer batches: they cost Core far less.',
    },
  })
  .input(MCPEvent)
  .output(EventBatchResponse)
  .mutation(({ ctx, input }) => ctx.core.post('/signals/events/batch', { events: [input] }))
