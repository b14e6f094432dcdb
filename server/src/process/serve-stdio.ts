import type { Config } from '../config.ts'
import { startStdioGateway } from '../stdio-gateway.ts'
import type { Log } from '../telemetry/log.ts'
import { version } from '../version.ts'
import type { Running } from './running.ts'
import { startTelemetry } from './start-telemetry.ts'

/** Serves the process at the other end of standard input and output, from before Core is there: calls wait for it. */
export async function serveStdio(
  config: Config,
  core: Promise<NonNullable<Config['core']>>,
  log: Log,
): Promise<Running> {
  const telemetry = await startTelemetry(config, log)
  const gateway = startStdioGateway(config, core, telemetry, { input: process.stdin, output: process.stdout })
  log.info(`Achilles MCP Gateway ${version} on standard input and output`)
  return {
    inputEnded: gateway.inputEnded,
    async close(graceMs) {
      const answered = await gateway.close(graceMs)
      await telemetry.tracing?.stop()
      return answered
    },
  }
}
