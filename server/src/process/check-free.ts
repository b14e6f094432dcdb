import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Config } from '../config.ts'

/** What is to be taken. */
interface Wanted extends Pick<Config, 'host' | 'port' | 'metricsPort'> {
  /** Standard input and output take no port. */
  overStdio: boolean
  /** Looks for who holds the data directory; absent where none is used. */
  findHolder: (() => Promise<Error | undefined>) | undefined
}

/**
 * Looks whether what the gateway is about to take is free: the ports, and the data directory of an embedded Core.
 * Nothing is kept, so the start can still fail; but of two gateways that are started alike the second one ends at once,
 * before any database is made.
 * @throws AggregateError of everything that is taken
 */
export async function checkFree({ host, port, metricsPort, overStdio, findHolder }: Wanted): Promise<void> {
  const looks = await Promise.all([
    findHolder?.(),
    overStdio ? undefined : findListenFault(host, port),
    overStdio || metricsPort === undefined ? undefined : findListenFault(host, metricsPort, 'METRICS_PORT'),
  ])
  const faults = looks.filter((fault) => fault !== undefined)
  if (faults.length > 0) throw new AggregateError(faults)
}

/** @param setting names the port in the message, where it is not that of the gateway */
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
