import type { Readable, Writable } from 'node:stream'
import type { Config } from './config.ts'
import { openServices } from './open-services.ts'
import { serveMcpStdio } from './surfaces/mcp/stdio/serve-stdio.ts'
import type { Telemetry } from './telemetry/telemetry.ts'

/** A running gateway that speaks with the one process that started it. */
export interface StdioGateway {
  /** Resolves when there is nobody to speak with any more. */
  inputEnded: Promise<void>
  /** Takes no more and lets what is in flight finish: true, or false where `graceMs` milliseconds were too short. */
  close(graceMs: number): Promise<boolean>
}

/**
 * Starts a gateway on a pair of streams in front of the Core at `core`: the Model Context Protocol, nothing else.
 * @param core calls wait for it
 */
export function startStdioGateway(
  config: Pick<Config, 'link' | 'maxBodyBytes'>,
  core: Promise<NonNullable<Config['core']>>,
  telemetry: Telemetry,
  streams: { input: Readable; output: Writable },
): StdioGateway {
  const { services, close } = openServices(config, core, telemetry)
  const { inputEnded, finish } = serveMcpStdio(services, streams)
  return {
    inputEnded,
    async close(graceMs) {
      services.health.draining = true
      const answered = await finish(graceMs)
      close()
      return answered
    },
  }
}
