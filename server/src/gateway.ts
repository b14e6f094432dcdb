import { onUnlistedValue } from '@achilles/mcp-contract'
import { createApp } from './app.ts'
import type { Config } from './config.ts'
import { CoreLink } from './core/core-link.ts'
import { openCredentials } from './gate/credentials.ts'
import { openRateLimiter } from './gate/rate-limiter.ts'
import { GatewayHealth } from './gateway-health.ts'
import { listen } from './listener/listen.ts'
import type { Log } from './telemetry/log.ts'

/** A running gateway. */
export interface Gateway {
  url: string
  health: GatewayHealth
  /**
   * Refuses new work and lets what is in flight finish; resolves when every connection is closed: true, or false where
   * after `graceMs` milliseconds requests had to be cut off.
   */
  close(graceMs: number): Promise<boolean>
}

/** Starts a gateway in front of the Core at `core`. */
export async function startGateway(
  config: Pick<Config, 'host' | 'port' | 'link' | 'maxBodyBytes' | 'gate'>,
  core: NonNullable<Config['core']>,
  log: Log,
): Promise<Gateway> {
  const link = new CoreLink({ ...config.link, ...core, onCircuitChange: (open) => logCircuit(log, open) })
  const health = new GatewayHealth(link)
  const { gate } = config
  const credentials = await openCredentials(gate, log)
  const rateLimiter = await openRateLimiter(gate, log)
  const app = createApp(
    { link, health, log, maxBodyBytes: config.maxBodyBytes },
    {
      credentials,
      localOnly: !credentials && !gate.open,
      corsOrigins: gate.corsOrigins,
      rateLimiter,
      tokenIssuer: gate.tokens?.issuer,
    },
  )
  const release = () => {
    link.stop()
    credentials?.stop()
    rateLimiter?.stop()
  }
  const { url, drain } = await listen(app, config).catch((error: unknown) => {
    // An open Redis connection would keep the process alive.
    release()
    throw error
  })
  const stopWatching = onUnlistedValue((unlisted) =>
    log.warn(unlisted, 'Core sent a value that the contract does not list'),
  )
  return {
    url,
    health,
    async close(graceMs) {
      health.draining = true
      const answered = await drain(graceMs)
      stopWatching()
      release()
      return answered
    },
  }
}

function logCircuit(log: Log, open: boolean): void {
  if (open) log.error('Core fails: calls are refused until it recovers')
  else log.info('Core has recovered')
}
