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
        'Call this with everything since the last batch: edits, commands, test runs, prompts, errors, one event each. Send 1 to 1000 events within the limits from `handshake`. Create each `event_id` yourself, for example a UUID, and use it once per batch; sending an event again is safe and returns `duplicate`. One invalid event rejects the whole batch and the problem lists all issues: fix them and send the whole batch again. Check `failed` in the response: those events were not stored. Next: send more batches, read `signals_insights`, and call `sessions_update` at the end.',
      repeatable: true,
    },
  })
  .input(boundedInput(MCPEventBatch, { compile: true }))
  .output(boundedOutput(EventBatchResponse, { compile: true }))
  .mutation(({ ctx, input }) => sendEvents(ctx, input, ctx.rejected))
