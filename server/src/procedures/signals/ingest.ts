import { EventBatchResponse, MCPEvent } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { eventProcedure, sendEvents } from './event-procedure.ts'

export const ingest = eventProcedure
  .meta({
    core: { method: 'POST', path: '/signals/events/batch', carries: 'events', sharesRoute: true },
    openapi: {
      method: 'POST',
      path: '/signals/events',
      tags: ['signals'],
      summary: 'Send one event',
      description: 'Equivalent to a batch of one. Prefer batches: they cost Core far less.',
    },
    tool: {
      description:
        'Call this to send a single event immediately, for example an error to analyze. For several events use `signals_ingest_batch`, which costs far less. Sending the same `event_id` again is safe. Check `failed` in the response: events in it were not stored.',
      repeatable: true,
    },
  })
  .input(boundedInput(MCPEvent))
  .output(boundedOutput(EventBatchResponse))
  .mutation(({ ctx, input }) => sendEvents(ctx, { events: [input] }))
