import { EventBatchResponse, MCPEvent } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { eventProcedure } from './event-procedure.ts'

export const ingest = eventProcedure
  .meta({
    core: { method: 'POST', path: '/signals/events/batch', carries: 'events', borrowed: true },
    openapi: {
      method: 'POST',
      path: '/signals/events',
      tags: ['signals'],
      summary: 'Send one event',
      description: 'The same as a batch of one. Prefer batches: they cost Core far less.',
    },
    tool: {
      description:
        'Call it to send a single event now, such as an error that should be looked into. The same as a batch of one; prefer `signals_ingest_batch` for more, it costs far less. Sending the same `event_id` again is safe. Look at `failed` in the answer.',
      repeatable: true,
    },
  })
  .input(boundedInput(MCPEvent))
  .output(boundedOutput(EventBatchResponse))
  .mutation(({ ctx, input }) => ctx.core({ events: [input] }))
