import type { EventBatchFailed, EventBatchResponse, MCPEventBatch } from '@achilles/mcp-contract'
import type { z } from 'zod'
import type { Context } from '../context.ts'
import type { CoreCaller } from '../core-caller.ts'
import { procedure } from '../procedure.ts'
import { completeEvents } from './complete-events.ts'

export const eventProcedure = procedure.use(async ({ ctx, next }) => {
  const result = await next()
  if (result.ok) {
    const { results, failed } = result.data as EventBatchResponse
    const { eventsForwarded, eventsFailed } = ctx.services.telemetry.metrics
    eventsForwarded.inc(results.length)
    eventsFailed.inc(failed.length)
  }
  return result
})

type EventContext = Context & { core: CoreCaller; idempotencyKey: string | undefined }

/** @param rejected events that the gateway has rejected: they are added to those that Core failed */
export async function sendEvents(
  ctx: EventContext,
  batch: z.output<typeof MCPEventBatch>,
  rejected: readonly EventBatchFailed[] = [],
): Promise<EventBatchResponse> {
  const { inbound, idempotencyKey: key } = ctx
  const completed = completeEvents(batch.events, { key, receivedAt: inbound.receivedAt })
  const transform = rejected.length === 0 ? undefined : (response: unknown) => withFailed(response, rejected)
  // Core gets another text than the caller's.
  if (completed) ctx.raw.input = undefined
  const response = completed
    ? await ctx.core<EventBatchResponse>(
        { events: completed.events },
        { transform, needsNewKey: completed.hasNewTimes },
      )
    : await ctx.core<EventBatchResponse>(batch, { transform })
  ctx.services.watches.expectInsights(batch.events)
  return response
}

/** The output schema reports a response of the wrong shape. */
function withFailed(response: unknown, rejected: readonly EventBatchFailed[]): unknown {
  const { failed } = (response ?? {}) as Partial<EventBatchResponse>
  return Array.isArray(failed) ? { ...(response as EventBatchResponse), failed: [...failed, ...rejected] } : response
}
