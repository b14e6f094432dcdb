import { EventBatchResponse, MCPEventBatch } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { sendEvents } from './event-procedure.ts'
import { lenientEventProcedure } from './lenient-event-procedure.ts'

export const ingestBatch = lenientEventProcedure
  .meta({
    core: {
      method: 'POST',
      path: '/signals/events/batch',
      carries: 'events',
      description:
        'Stores each event once, identified by `session_id` and `event_id`. Each event appears once in the response: in `results` as `accepted` if new or `duplicate` if stored before, or in `failed` if it cannot be stored, which does not affect the others. Respond only after the events are stored durably: clients then delete them. The same events may arrive again, in other batches and concurrently.',
    },
    openapi: {
      method: 'POST',
      path: '/signals/events/batch',
      tags: ['signals'],
      summary: 'Send a batch of events',
      description:
        'Up to 1000 events. One invalid event rejects the whole batch: the problem lists all issues, and nothing is forwarded (see `Prefer`). Events that Core rejected are in `failed`, the others in `results`. Sending a batch again is safe if its events have an `event_id`, or if both requests have the same `idempotency-key`.',
    },
    tool: {
      description:
        'Call this repeatedly while you work, with everything since the last call, one event each: prompts, tool calls, edits, commands, test runs, errors. Send up to 1000 events in one call rather than one call for each. `event_type`, `source_type` and `session_id` are enough; set `event_id` if you may send the event again, and `timestamp` if it happened earlier. One invalid event rejects the whole batch: fix what `issues` lists and send all of it again. In the response, `failed` lists events that were not stored.',
      repeatable: true,
      records: true,
      example: {
        events: [
          {
            event_type: 'tool_call',
            source_type: 'agent',
            session_id: 'ses_8c41',
            agent_id: 'my-agent',
            duration_ms: 840,
            payload: '{"tool":"run_tests","succeeded":true}',
          },
          { event_type: 'file_edited', source_type: 'agent', session_id: 'ses_8c41', file_path: 'src/cart.ts' },
        ],
      },
    },
  })
  .input(boundedInput(MCPEventBatch, { compile: true }))
  .output(boundedOutput(EventBatchResponse, { compile: true }))
  .mutation(({ ctx, input }) => sendEvents(ctx, input, ctx.rejected))
