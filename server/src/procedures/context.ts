import type { CoreLink } from '../core/core-link.ts'
import type { Inbound } from '../gate/inbound.ts'
import type { GatewayHealth } from '../gateway-health.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** What every procedure of one gateway shares. */
export interface Services {
  link: CoreLink
  health: GatewayHealth
  telemetry: Telemetry
  /** The largest body that the gateway takes, in bytes. */
  maxBodyBytes: number
}

/** What a procedure is called with: the gateway's services and the request at hand. */
export interface Context {
  services: Services
  inbound: Inbound
  /** The input as its caller wrote it, once it was asked for; undefined where it is not all JSON in one text. */
  writtenInput: (() => string | undefined) | undefined
  /** Told the very bytes of Core's answer, for a surface that passes them on untouched. */
  onAnswer: ((bytes: Buffer) => void) | undefined
}
