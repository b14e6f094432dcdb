import type { Readable, Writable } from 'node:stream'
import type { Config } from '../config.ts'
import { serveMcpStdio } from '../surfaces/mcp/stdio/serve-stdio.ts'
import type { ToolSet } from '../surfaces/mcp/tools.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { CoreLocation } from '../upstream/upstream.ts'
import { openServices } from './services.ts'

export interface StdioGateway {
  /** Resolves when the peer has closed its end. */
  inputEnded: Promise<void>
  /** Resolves to false if in-flight requests took longer than `graceMs`. */
  close(graceMs: number): Promise<boolean>
}

export function startStdioGateway(
  config: Pick<Config, 'upstream' | 'maxBodyBytes'>,
  core: CoreLocation,
  telemetry: Telemetry,
  options: { input: Readable; output: Writable; tools?: ToolSet | undefined },
): StdioGateway {
  const { services, close } = openServices(config, core, telemetry)
  const { inputEnded, finish } = serveMcpStdio(services, options)
  return {
    inputEnded,
    async close(graceMs) {
      services.health.draining = true
      const completed = await finish(graceMs)
      close()
      return completed
    },
  }
}
