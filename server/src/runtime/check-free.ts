import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Config } from '../config.ts'

interface StartupResources extends Pick<Config, 'host' | 'port' | 'metricsPort'> {
  overStdio: boolean
  /** Finds the process that holds the data directory; absent if none is used. */
  findHolder: (() => Promise<Error | undefined>) | undefined
}

/**
 * Checks that the ports and the embedded Core's data directory are free. Reserves nothing, so the start can still fail;
 * but a second gateway with the same settings exits at once, before it creates a database.
 * @throws AggregateError with one error per resource in use
 */
export async function checkFree({ host, port, metricsPort, overStdio, findHolder }: StartupResources): Promise<void> {
  const results = await Promise.all([
    findHolder?.(),
    overStdio ? undefined : findListenFault(host, port),
    overStdio || metricsPort === undefined ? undefined : findListenFault(host, metricsPort, 'METRICS_PORT'),
  ])
  const faults = results.filter((fault) => fault !== undefined)
  if (faults.length > 0) throw new AggregateError(faults)
}

/** @param setting the setting to name in the message. Default: none, for the gateway's own port */
async function findListenFault(host: string, port: number, setting?: string): Promise<Error | undefined> {
  if (port === 0) return undefined
  const server = createServer((socket) => socket.destroy())
  try {
    server.listen(port, host)
    await once(server, 'listening')
    return undefined
  } catch (error) {
    const { message } = error as Error
    return setting === undefined ? (error as Error) : new Error(`${setting}: ${message}`, { cause: error })
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
}
