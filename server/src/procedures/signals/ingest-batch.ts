import { EventBatchResponse, MCPEventBatch } from '@achilles/mcp-contract'
import { procedure } from '../procedure.ts'

export const ingestBatch = procedure
  .meta({
    openapi: {
      method: 'POST',
      path: '/signals/events/batch',
      tags: ['signals'],
      summary: 'Send a batch of events',
      description:
        'Up to 1000 events. One invalid event refuses the whole batch, every fault named; then nothing was forwarded. Events that Core did not take stand in `failed`, the others in `results`. Sending a batch again is safe.',
    },
  })
  .input(MCPEventBatch)
  .output(EventBatchResponse)
  .mutation(({ ctx, input }) => ctx.core.post('/signals/events/batch', input))
