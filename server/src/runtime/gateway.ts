import { sources } from '@achilles/agent-sources'
import { createApp } from '../app.ts'
import { openCredentials } from '../auth/credentials.ts'
import type { Config } from '../config.ts'
import type { GatewayHealth } from '../health.ts'
import { openRateLimiter } from '../middleware/rate-limiter.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { CoreLocation } from '../upstream/upstream.ts'
import { listen } from './listen.ts'
import { openServices } from './services.ts'

export interface Gateway {
  url: string
  health: GatewayHealth
  /** Resolves to false if in-flight requests were aborted after `graceMs`. */
  close(graceMs: number): Promise<boolean>
}

export async function startGateway(
  config: Pick<Config, 'host' | 'port' | 'upstream' | 'maxBodyBytes' | 'auth' | 'pingMs'>,
  core: CoreLocation,
  telemetry: Telemetry,
  { agentSources = sources } = {},
): Promise<Gateway> {
  const { auth } = config
  const credentials = await openCredentials(auth, telemetry)
  const rateLimiter = await openRateLimiter(auth, telemetry)
  const { services, close } = openServices(config, core, telemetry)
  const { health } = services
  const app = createApp(services, {
    credentials,
    loopbackOnly: !credentials && !auth.open,
    corsOrigins: auth.corsOrigins,
    rateLimiter,
    apiKeys: auth.apiKeysFile !== undefined,
    tokenIssuer: auth.tokens?.issuer,
    publicUrl: auth.publicUrl,
    pingMs: config.pingMs,
    agentSources,
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
      services.watches.close()
      const completed = await drain(graceMs)
      release()
      return completed
    },
  }
}
