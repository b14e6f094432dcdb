import { EventBatchResponse, MCPEventBatch } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { eventProcedure } from './event-procedure.ts'

export const ingestBatch = eventProcedure
  .meta({
    core: {
      method: 'POST',
      path: '/signals/events/batch',
      carries: 'events',
      description:
        'Keeps each event once, known by its `session_id` and `event_id`, and answers for each: `accepted` where it is new, `duplicate` where it was kept before, both in `results`; in `failed` where it cannot be kept, which keeps no other from being kept. Answer once they are safe: clients then forget them. The same events may come again, in other batches and at the same time.',
    },
    openapi: {
      method: 'POST',
      path: '/signals/events/batch',
      tags: ['signals'],
      summary: 'Send a batch of events',
      description:
        'Up to 1000 events. One invalid event refuses the whole batch, every fault named; then nothing was forwarded. Events that Core did not take stand in `failed`, the others in `results`. Sending a batch again is safe.',
    },
    tool: {
      description:
        'Call it with what happened since the last batch: edits, commands, test runs, prompts, errors, one event each. 1 to 1000 events, no `event_id` twice, no more than the sizes that `handshake` gave. Each `event_id` is made by you, for instance a UUID; sending it again is safe and answers `duplicate`. One invalid event refuses the whole batch, every fault named: mend those and send all again. Look at `failed` in the answer: what stands there was not kept. Next: more batches, `signals_insights`, and `sessions_update` at the end.',
      repeatable: true,
    },
  })
  .input(boundedInput(MCPEventBatch, { compile: true }))
  .output(boundedOutput(EventBatchResponse, { compile: true }))
  .mutation(({ ctx, input }) => ctx.core(input))
