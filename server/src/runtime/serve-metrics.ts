import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Registry } from 'prom-client'
import { getServerUrl } from '../http/address.ts'
import { limitConnections } from './limit-connections.ts'

export interface ServedMetrics {
  url: string
  stop(): void
}

/** Scrapers keep one or two connections. */
const LIMITS = {
  writeIdleMs: 8_000,
  writeMs: 60_000,
  maxPipelined: 10,
  maxUnsentBytes: 16 * 1024 * 1024,
  maxConnections: 100,
}

/** Does nothing if no port is set. Concurrent scrapes share one read. @throws Error that names `METRICS_PORT`. */
export async function serveMetrics(
  read: () => Promise<string>,
  { host, metricsPort }: { host: string; metricsPort: number | undefined },
): Promise<ServedMetrics | undefined> {
  if (metricsPort === undefined) return undefined
  let reading: Promise<string> | undefined
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    reading ??= read().finally(() => {
      reading = undefined
    })
    reading.then(
      (text) => response.writeHead(200, { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE }).end(text),
      (error: Error) => response.writeHead(503).end(error.message),
    )
  }
  const server = createServer({
    headersTimeout: 10_000,
    requestTimeout: 10_000,
    connectionsCheckingInterval: 1_000,
    requireHostHeader: false,
  })
  limitConnections(server, serve, { ...LIMITS, onLimit: () => {} })
  // No response: the peer might keep its half of the connection open.
  server.on('clientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new Error(`METRICS_PORT: ${error.message}`, { cause: error })))
    server.listen(metricsPort, host, resolve)
  })
  server.on('error', () => {})
  return {
    url: `${getServerUrl(server)}/metrics`,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
