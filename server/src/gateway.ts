import { createApp } from './app.ts'
import type { Config } from './config.ts'
import { openCredentials } from './gate/credentials.ts'
import { openRateLimiter } from './gate/rate-limiter.ts'
import type { GatewayHealth } from './gateway-health.ts'
import { listen } from './listener/listen.ts'
import { openServices } from './open-services.ts'
import type { Telemetry } from './telemetry/telemetry.ts'

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
  config: Pick<Config, 'host' | 'port' | 'link' | 'maxBodyBytes' | 'gate'> &
    Partial<Pick<Config, 'landing' | 'workers'>>,
  core: NonNullable<Config['core']>,
  telemetry: Telemetry,
): Promise<Gateway> {
  const { gate } = config
  const credentials = await openCredentials(gate, telemetry)
  const rateLimiter = await openRateLimiter(gate, { ...telemetry, amongWorkers: (config.workers ?? 1) > 1 })
  const { services, close } = openServices(config, core, telemetry)
  const { health } = services
  const app = createApp(services, {
    credentials,
    localOnly: !credentials && !gate.open,
    corsOrigins: gate.corsOrigins,
    rateLimiter,
    tokenIssuer: gate.tokens?.issuer,
    publicUrl: gate.publicUrl,
    landing: config.landing,
  })
  const release = () => {
    close()
    credentials?.stop()
    rateLimiter?.stop()
  }
  const { url, drain } = await listen(app, config, telemetry).catch((error: unknown) => {
    // An open Redis connection would keep the process alive.
    release()
    throw error
  })
  return {
    url,
    health,
    async close(graceMs) {
      health.draining = true
      const answered = await drain(graceMs)
      release()
      return answered
    },
  }
}
