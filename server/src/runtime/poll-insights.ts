import { randomUUID } from 'node:crypto'
import type { InsightOut } from '@achilles/mcp-contract'
import { callTRPCProcedure } from '@trpc/server'
import { toGatewayError } from '../errors/to-problem.ts'
import type { Services } from '../procedures/context.ts'
import { appRouter } from '../procedures/router.ts'
import { RequestRecord } from '../telemetry/request-record.ts'
import { ConcurrencyLimit } from '../upstream/concurrency-limit.ts'
import type { InsightWatchesOptions } from '../watching/insight-watches.ts'

/** Fewer than the calls to Core that may be in flight, so that many watchers delay no other call. */
const MAX_POLLS_IN_FLIGHT = 16

/** Calls `signals.insights` as the principal would. @param getServices called for each poll */
export function createInsightsPoll(getServices: () => Services): InsightWatchesOptions['query'] {
  // Each watched session has at most one poll.
  const limit = new ConcurrencyLimit({ maxInFlight: MAX_POLLS_IN_FLIGHT, maxQueued: Number.POSITIVE_INFINITY })
  return async (principal, query, signal) => {
    await limit.enter(signal)
    try {
      const services = getServices()
      const requestId = randomUUID()
      const record = new RequestRecord(services.telemetry, { surface: 'polls', requestId, trace: {} })
      const inbound = { requestId, record, principal, headers: {}, receivedAt: Date.now(), calls: 1 }
      const insights: Promise<InsightOut[]> = callTRPCProcedure({
        router: appRouter,
        path: 'signals.insights',
        type: 'query',
        getRawInput: async () => query,
        ctx: { services, inbound: { ...inbound, disconnectSignal: signal }, raw: {} },
        signal,
        batchIndex: 0,
      })
      return await insights
    } catch (error) {
      throw toGatewayError(error)
    } finally {
      limit.leave()
    }
  }
}
