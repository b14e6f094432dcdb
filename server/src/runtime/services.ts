import { onUnlistedValue } from '@achilles/mcp-contract'
import type { Config } from '../config.ts'
import { GatewayHealth } from '../health.ts'
import type { Services } from '../procedures/context.ts'
import { listProcedures } from '../procedures/list-procedures.ts'
import { appRouter } from '../procedures/router.ts'
import { type Log, oncePerMinute } from '../telemetry/log.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { type CoreLocation, type RejectionReason, Upstream } from '../upstream/upstream.ts'
import { InsightWatches } from '../watching/insight-watches.ts'
import { createInsightsPoll } from './poll-insights.ts'

const CORE_OPERATIONS = listProcedures(appRouter).flatMap(({ operation, meta }) => (meta.core ? [operation] : []))

export interface OpenServices {
  services: Services
  close(): void
}

export function openServices(
  { upstream: limits, maxBodyBytes }: Pick<Config, 'upstream' | 'maxBodyBytes'>,
  core: CoreLocation,
  telemetry: Telemetry,
): OpenServices {
  const { log, metrics } = telemetry
  const isDue = oncePerMinute()
  const upstream = new Upstream({
    ...limits,
    core,
    onCircuitChange: (open) => logCircuit(log, open),
    onRejection(reason) {
      metrics.coreRejections.inc({ reason })
      if (isDue(reason)) log.warn({ reason }, REJECTIONS[reason])
    },
    onIndivisible: () =>
      log.warn('Core’s response to coalesced event batches cannot be split: coalescing is off until a restart'),
  })
  metrics.watchUpstream(upstream)
  metrics.expectOperations(CORE_OPERATIONS)
  for (const reason of Object.keys(REJECTIONS)) metrics.coreRejections.inc({ reason }, 0)
  const stopWatching = onUnlistedValue((unlisted) => {
    log.warn(unlisted, 'Core sent a value that the contract does not list')
    metrics.unlistedValues.inc({ enum: unlisted.enumName })
  })
  const watches = new InsightWatches({ query: createInsightsPoll(() => services), telemetry })
  metrics.watchStreams(watches)
  const services: Services = { upstream, health: new GatewayHealth(upstream), telemetry, watches, maxBodyBytes }
  return {
    services,
    close() {
      watches.close()
      stopWatching()
      upstream.stop()
    },
  }
}

const REJECTIONS: Readonly<Record<RejectionReason, string>> = {
  queue_full: 'Calls are rejected: CORE_MAX_IN_FLIGHT calls to Core are in flight and CORE_MAX_QUEUED wait',
  response_too_large: 'A response from Core is larger than 32 MiB: it was discarded',
  response_not_json: 'A response is not JSON: something other than Core responds at ACHILLES_BASE_URL',
}

function logCircuit(log: Log, open: boolean): void {
  if (open) log.error('Core is failing: calls are rejected until it recovers')
  else log.info('Core has recovered')
}
