import cluster from 'node:cluster'
import { AggregatorRegistry } from 'prom-client'
import type { Config } from '../config.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import { createLog, flushLog } from '../telemetry/log.ts'
import { standardStream } from '../telemetry/standard-stream.ts'
import type { ToPrimary, ToWorker } from './messages.ts'
import { startFault } from './start-fault.ts'
import { startTelemetry } from './start-telemetry.ts'

/** Serves as one of `config.workers` processes: starts and stops as the primary says, and ends when that is gone. */
export async function serveAsWorker(config: Config): Promise<void> {
  // Ctrl-C reaches the whole process group; the primary says when it is time.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  const log = createLog(config.logLevel, standardStream(1), { worker: cluster.worker?.id, pid: process.pid })
  const telemetry = await startTelemetry(config, log)
  AggregatorRegistry.setRegistries([telemetry.metrics.registry])
  // Listens for the primary's scrapes.
  new AggregatorRegistry()
  let starting: Promise<Gateway> | undefined

  process.on('message', async (message: ToWorker) => {
    if (message.kind === 'start') {
      starting = startGateway({ ...config, link: shareOf(config) }, message.core, telemetry)
      await starting.then(
        ({ url }) => tell({ kind: 'listening', url }),
        (error: unknown) =>
          tell({ kind: 'failed', reason: startFault(error, { host: 'HOST', port: 'PORT' }) }, () => process.exit(1)),
      )
    }
    if (message.kind === 'stop') {
      const answered = await (await starting)?.close(config.shutdownGraceMs)
      await telemetry.tracing?.stop()
      await flushLog(log)
      process.exit(answered === false ? 1 : 0)
    }
  })
  tell({ kind: 'ready' })
}

/** The limits of the link are the gateway's, so that Core never sees more calls for being asked by several processes. */
function shareOf({ link, workers }: Config): Config['link'] {
  return {
    ...link,
    maxInFlight: Math.max(1, Math.floor(link.maxInFlight / workers)),
    maxQueued: Math.floor(link.maxQueued / workers),
  }
}

function tell(message: ToPrimary, sent = () => {}): void {
  process.send?.(message, undefined, undefined, sent)
}
