import type { EventBatchResponse } from '@achilles/mcp-contract'
import { procedure } from '../procedure.ts'

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
