import { InsightOut, MCPInsightsWatch } from '@achilles/mcp-contract'
import { type TrackedEnvelope, tracked } from '@trpc/server'
import { boundedInput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const watchInsights = procedure
  .meta({
    core: { method: 'POST', path: '/signals/insights', sharesRoute: true },
    openapi: {
      method: 'GET',
      path: '/signals/insights/stream',
      tags: ['signals'],
      summary: 'Watch a session’s insights',
      description:
        'Server-sent events: first the existing insights, oldest first, or those since `since`; then each new one within seconds. Every insight is sent once. `Last-Event-ID` resumes after that insight. If Core does not have it any more, the stream starts again. An `event: problem` ends the stream; `event: status` says `degraded` while Core is away, and then `ok`.',
      successDescription: 'A stream that does not end by itself.',
      errorResponses: { 404: 'No session has this id.' },
    },
    stream: { event: 'insight', item: InsightOut },
  })
  .input(boundedInput(MCPInsightsWatch))
  .subscription(async ({ ctx, input }): Promise<AsyncIterable<TrackedEnvelope<InsightOut>, void>> => {
    const { requestId, disconnectSignal: signal, onStatus } = ctx.inbound
    const watcher = await ctx.services.watches.open({ ...input, principal: ctx.principal, requestId, signal, onStatus })
    return {
      [Symbol.asyncIterator]: () => ({
        async next() {
          const result = await watcher.next()
          if (result.done) return { done: true, value: undefined }
          return { done: false, value: tracked(result.value.insight_id, result.value) }
        },
        async return() {
          watcher.end('closed')
          return { done: true, value: undefined }
        },
      }),
    }
  })
