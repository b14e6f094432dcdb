import type { GatewayHealth } from '../health.ts'
import type { RequestContext } from '../http/request-context.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { InsightWatches } from '../watching/insight-watches.ts'

export interface Services {
  upstream: Upstream
  health: GatewayHealth
  telemetry: Telemetry
  watches: InsightWatches
  maxBodyBytes: number
}

export interface Context {
  services: Services
  inbound: RequestContext
  raw: RawJson
}

/** The JSON text of one call, so that it is not serialized again. */
export interface RawJson {
  /** The caller's input. Set when the input is read, if it is a complete JSON text. */
  input?: string | undefined
  /** Core's response, encoded lazily. Set once the procedure has made its call. */
  response?: { readonly bytes: Buffer } | undefined
}
