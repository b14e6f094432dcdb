import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Registry } from 'prom-client'
import { limitConnections } from '../listener/limit-connections.ts'
import { urlOf } from '../url-of.ts'

/** Metrics that are served. */
export interface ServedMetrics {
  url: string
  stop(): void
}

/** A scraper keeps one connection or two; a hundred are more than any set-up has. */
const LIMITS = {
  writeIdleMs: 8_000,
  writeMs: 60_000,
  maxPipelined: 10,
  maxUnsentBytes: 16 * 1024 * 1024,
  maxConnections: 100,
}

/**
 * Serves metrics at `/metrics`, on a port of their own that no caller of the gateway needs to reach; without a port not.
 * Scrapes at the same time share one reading.
 * @param read the metrics as Prometheus' text
 * @throws Error with a sentence that names `METRICS_PORT`, where the port is not to be had
 */
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
  // Destroyed, not answered: a peer might keep its half of the connection.
  server.on('clientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new Error(`METRICS_PORT: ${error.message}`, { cause: error })))
    server.listen(metricsPort, host, resolve)
  })
  server.on('error', () => {})
  return {
    url: `${urlOf(server)}/metrics`,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
