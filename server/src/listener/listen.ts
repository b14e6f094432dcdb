import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import type { GatewayEnv } from '../gate/gateway-env.ts'
import { urlOf } from '../url-of.ts'
import { prepareDrain } from './drain.ts'
import { refuseBytes, refuseRequest } from './refuse-unreadable.ts'

/**
 * Time limits for an API, in milliseconds: the head of a request, the whole of it, and how long a connection may idle
 * between two. The last is longer than the minute that load balancers keep theirs.
 */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000,
}

/** A gateway that listens. */
export interface Listening {
  /** Where it is reached, e.g. `http://127.0.0.1:8080`. */
  url: string
  /**
   * Takes no more connections, and resolves once every request in flight is answered: true, or false where after
   * `graceMs` milliseconds some had to be cut off.
   */
  drain(graceMs: number): Promise<boolean>
}

/**
 * Serves the app on a socket. What is no request that can be read never reaches it, and is answered with a problem.
 * @throws the listening error, e.g. `EADDRINUSE`.
 */
export async function listen(
  app: Hono<GatewayEnv>,
  { host, port }: { host: string; port: number },
): Promise<Listening> {
  // Headers said twice are joined, so that neither is silently dropped: two hosts make none that is valid, hence 400.
  const server = createServer({ ...LIMITS, joinDuplicateHeaders: true })
  const drain = prepareDrain(server)
  server.on('request', getRequestListener(app.fetch, { errorHandler: refuseRequest }))
  server.on('clientError', refuseBytes)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return { url: urlOf(server), drain }
}
