import { onUnlistedValue } from '@achilles/mcp-contract'
import type { Config } from './config.ts'
import { CoreLink, type RejectionReason } from './core/core-link.ts'
import { GatewayHealth } from './gateway-health.ts'
import type { Services } from './procedures/context.ts'
import { proceduresOf } from './procedures/procedures-of.ts'
import { appRouter } from './procedures/router.ts'
import type { Log } from './telemetry/log.ts'
import { oncePerMinute } from './telemetry/once-per-minute.ts'
import type { Telemetry } from './telemetry/telemetry.ts'

const CORE_OPERATIONS = proceduresOf(appRouter).flatMap(({ operation, meta }) => (meta.core ? [operation] : []))

/** The services of one gateway, and how to put them away. */
export interface OpenServices {
  services: Services
  close(): void
}

/**
 * Opens what every procedure of a gateway shares, in front of the Core at `core`.
 * @param core a promise where it is still starting: calls then wait for it
 */
export function openServices(
  { link: limits, maxBodyBytes }: Pick<Config, 'link' | 'maxBodyBytes'>,
  core: NonNullable<Config['core']> | Promise<NonNullable<Config['core']>>,
  telemetry: Telemetry,
): OpenServices {
  const { log, metrics } = telemetry
  const isDue = oncePerMinute()
  const link = new CoreLink({
    ...limits,
    core,
    onCircuitChange: (open) => logCircuit(log, open),
    onRejection(reason) {
      metrics.coreRejections.inc({ reason })
      if (isDue(reason)) log.warn({ reason }, REJECTIONS[reason])
    },
    onIndivisible: () =>
      log.warn('Core’s answer to a group of event batches cannot be divided: they go singly from now on'),
  })
  metrics.watchLink(link)
  metrics.expectOperations(CORE_OPERATIONS)
  for (const reason of Object.keys(REJECTIONS)) metrics.coreRejections.inc({ reason }, 0)
  const stopWatching = onUnlistedValue((unlisted) => {
    log.warn(unlisted, 'Core sent a value that the contract does not list')
    metrics.unlistedValues.inc({ enum: unlisted.enumName })
  })
  return {
    services: { link, health: new GatewayHealth(link), telemetry, maxBodyBytes },
    close() {
      stopWatching()
      link.stop()
    },
  }
}

const REJECTIONS: Readonly<Record<RejectionReason, string>> = {
  queue_full: 'Calls are rejected: CORE_MAX_IN_FLIGHT calls to Core are in flight and CORE_MAX_QUEUED wait',
  response_too_large: 'A response from Core is larger than 32 MiB: it was not read to its end',
  response_not_json: 'A response is not JSON: something other than Core responds at ACHILLES_BASE_URL',
}

function logCircuit(log: Log, open: boolean): void {
  if (open) log.error('Core fails: calls are refused until it recovers')
  else log.info('Core has recovered')
}
