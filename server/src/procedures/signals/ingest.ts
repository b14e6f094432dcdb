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
  })
  .input(boundedInput(MCPEvent))
  .output(boundedOutput(EventBatchResponse))
  .mutation(({ ctx, input }) => sendEvents(ctx, { events: [input] }))
