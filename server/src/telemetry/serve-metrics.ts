import { createServer } from 'node:http'
import { Registry } from 'prom-client'
import { urlOf } from '../url-of.ts'

/** Metrics that are served. */
export interface ServedMetrics {
  url: string
  stop(): void
}

/**
 * Serves metrics at `/metrics`, on a port of their own that no caller of the gateway needs to reach; without a port not.
 * @param read the metrics as Prometheus' text
 * @throws Error with a sentence that names `METRICS_PORT`, where the port is not to be had
 */
export async function serveMetrics(
  read: () => Promise<string>,
  { host, metricsPort }: { host: string; metricsPort: number | undefined },
): Promise<ServedMetrics | undefined> {
  if (metricsPort === undefined) return undefined
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    read().then(
      (text) => response.writeHead(200, { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE }).end(text),
      (error: Error) => response.writeHead(503).end(error.message),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new Error(`METRICS_PORT: ${error.message}`, { cause: error })))
    server.listen(metricsPort, host, resolve)
  })
  return {
    url: `${urlOf(server)}/metrics`,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
