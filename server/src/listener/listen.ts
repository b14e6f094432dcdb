import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import type { GatewayEnv } from '../gate/gateway-env.ts'
import { oncePerMinute } from '../telemetry/once-per-minute.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { urlOf } from '../url-of.ts'
import { prepareDrain } from './drain.ts'
import { type ConnectionLimit, connectionLimits, limitConnections } from './limit-connections.ts'
import { refuseBytes, refuseRequest, rejectExpectation } from './refuse-unreadable.ts'

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
  telemetry: Pick<Telemetry, 'log' | 'metrics'>,
): Promise<Listening> {
  // Headers said twice are joined, so that neither is silently dropped: two hosts make none that is valid, hence 400.
  const server = createServer({ ...LIMITS, joinDuplicateHeaders: true, requireHostHeader: false })
  // A client may end its half of the connection once it has sent its request. Node's types leave this property out.
  Object.assign(server, { httpAllowHalfOpen: true })
  const drain = prepareDrain(server)
  const limits = connectionLimits()
  const onLimit = limitReporter(telemetry, limits.maxConnections)
  const connections = limitConnections(server, requestListener(app), { ...limits, onLimit })
  server.on('checkContinue', (request, response) =>
    continueWhenRead(request, response, () => server.emit('request', request, response)),
  )
  server.on('checkExpectation', rejectExpectation)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') onLimit('request_time')
    // A rejection would be read as a part of the response.
    if (connections.hasBegunResponse(socket as Socket)) socket.destroy()
    else refuseBytes(error, socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  server.on('error', () => onLimit('descriptors'))
  return { url: urlOf(server), drain }
}

const PROBES = /^\/(?:livez|readyz)(?:\?|$)/

/** Probes are answered without a `Host` header as well: HAProxy's health checks are HTTP/1.0 and send none. */
function requestListener(app: Hono<GatewayEnv>) {
  const [serve, serveProbe] = [undefined, 'localhost'].map((hostname) =>
    getRequestListener(app.fetch, { errorHandler: refuseRequest, ...(hostname && { hostname }) }),
  ) as [ReturnType<typeof getRequestListener>, ReturnType<typeof getRequestListener>]
  return (request: IncomingMessage, response: ServerResponse) =>
    void (PROBES.test(request.url ?? '') ? serveProbe : serve)(request, response)
}

/**
 * Sends `100 Continue` once the body is read, so that a caller who is rejected before never sends it. What it sends all the
 * same would be taken for its next request: unless the body is read, the connection ends with the response.
 */
function continueWhenRead(request: IncomingMessage, response: ServerResponse, serve: () => void): void {
  const keepAlive = response.shouldKeepAlive
  response.shouldKeepAlive = false
  request.once('resume', () => {
    if (response.headersSent) return
    response.writeContinue()
    response.shouldKeepAlive = keepAlive
  })
  serve()
}

function limitReporter({ log, metrics }: Pick<Telemetry, 'log' | 'metrics'>, maxConnections: number) {
  const isDue = oncePerMinute()
  for (const limit of Object.keys(MESSAGES)) metrics.connectionsEnded.inc({ limit }, 0)
  return function onLimit(limit: ConnectionLimit): void {
    metrics.connectionsEnded.inc({ limit })
    if (isDue(limit)) log.warn({ limit, ...(limit === 'connections' && { maxConnections }) }, MESSAGES[limit])
  }
}

const MESSAGES: Readonly<Record<ConnectionLimit, string>> = {
  connections:
    'Connections are rejected: as many are open as half of the process’s file descriptors (ulimit -n), or 10000',
  descriptors: 'Connections cannot be accepted: the process or the system is out of file descriptors',
  pipelined_requests: 'A connection was ended: more than 100 requests waited on it for the response to another',
  request_time: 'A connection was ended: its request did not arrive in time',
  response_time: 'A connection was ended: its peer did not read a response in time',
  unsent_bytes: 'A connection was ended: more than 128 MiB of responses waited for peers to read them',
}
