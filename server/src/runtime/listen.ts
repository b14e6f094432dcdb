import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import { badRequest, GatewayError } from '../errors/gateway-error.ts'
import { problemResponse, toProblem } from '../errors/to-problem.ts'
import { getServerUrl } from '../http/address.ts'
import type { GatewayEnv } from '../http/env.ts'
import { acceptRequestId } from '../middleware/request-id.ts'
import { oncePerMinute } from '../telemetry/log.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { prepareDrain } from './drain.ts'
import { type ConnectionLimit, connectionLimits, limitConnections } from './limit-connections.ts'

/** In milliseconds. Keep-alive exceeds the usual minute of load balancers: they close idle connections first. */
const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000,
}

export interface Listening {
  url: string
  /** Resolves to false if in-flight requests were aborted after `graceMs`. */
  drain(graceMs: number): Promise<boolean>
}

/** Responds to invalid HTTP with a problem, before the app. @throws the listening error, e.g. `EADDRINUSE`. */
export async function listen(
  app: Hono<GatewayEnv>,
  { host, port }: { host: string; port: number },
  telemetry: Pick<Telemetry, 'log' | 'metrics'>,
): Promise<Listening> {
  // Joins duplicate headers instead of dropping one silently: two hosts become an invalid one, hence a 400.
  const server = createServer({ ...LIMITS, joinDuplicateHeaders: true, requireHostHeader: false })
  // A client may half-close its connection after its request. Node's types omit this property.
  Object.assign(server, { httpAllowHalfOpen: true })
  const drain = prepareDrain(server)
  const limits = connectionLimits()
  const onLimit = limitReporter(telemetry, limits.maxConnections)
  const connections = limitConnections(server, requestListener(app), { ...limits, onLimit })
  const isDue = oncePerMinute()
  server.on('checkContinue', (request, response) =>
    continueWhenRead(request, response, () => server.emit('request', request, response)),
  )
  server.on('checkExpectation', rejectExpectation)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') onLimit('request_time')
    // The client would read the error as part of the response.
    if (connections.hasBegunResponse(socket as Socket)) socket.destroy()
    else respondToClientError(error, socket)
    if (error.code === HTTP_2 && isDue(HTTP_2)) telemetry.log.warn(HTTP_2_DETAIL)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  server.on('error', () => onLimit('descriptors'))
  return { url: getServerUrl(server), drain }
}

const PROBES = /^\/(?:livez|readyz)(?:\?|$)/

/** Probes work without a `Host` header: HAProxy's health checks are HTTP/1.0 and send none. */
function requestListener(app: Hono<GatewayEnv>) {
  const [serve, serveProbe] = [undefined, 'localhost'].map((hostname) =>
    getRequestListener(app.fetch, { errorHandler: respondToInvalidRequest, ...(hostname && { hostname }) }),
  ) as [ReturnType<typeof getRequestListener>, ReturnType<typeof getRequestListener>]
  return (request: IncomingMessage, response: ServerResponse) =>
    void (PROBES.test(request.url ?? '') ? serveProbe : serve)(request, response)
}

/**
 * Sends `100 Continue` when the body is read, so that a rejected caller need not send it. If it is not read, the
 * connection closes after the response, since a body sent anyway would be parsed as the next request.
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
    'Connections are rejected: the limit is reached, half of the process’s file descriptors (ulimit -n), at most 10000',
  descriptors: 'Connections cannot be accepted: the process or the system is out of file descriptors',
  pipelined_requests: 'A connection was closed: more than 100 pipelined requests waited on it',
  request_time: 'A connection was closed: its request did not arrive in time',
  response_time: 'A connection was closed: its peer did not read a response in time',
  unsent_bytes: 'A connection was closed: more than 128 MiB of responses waited for peers to read them',
}

/** How long a peer has to read an error before its connection is destroyed. */
const LINGER_MS = 1_000

/** For requests that the Request constructor rejects, e.g. because of an invalid host. */
function respondToInvalidRequest(error: unknown): Response {
  const requestId = acceptRequestId(undefined)
  const message = error instanceof Error ? error.message : 'the request is not valid'
  return problemResponse(toProblem(badRequest([{ path: '', message }]), requestId), {
    'x-request-id': requestId,
    connection: 'close',
  })
}

/** The client speaks HTTP/2 from the start, as gRPC does without TLS. */
const HTTP_2 = 'HPE_PAUSED_H2_UPGRADE'
const HTTP_2_DETAIL =
  'HTTP/2 without TLS, which gRPC uses, is not supported. For OTLP set the exporter’s protocol to http/json or http/protobuf (OTEL_EXPORTER_OTLP_PROTOCOL).'

const CLIENT_ERRORS: Readonly<Record<string, [status: number, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The chunk extensions are too large.'],
  [HTTP_2]: [505, HTTP_2_DETAIL],
}

/** Written by hand, since there is no request to respond to. */
function respondToClientError({ code = '' }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, title, headers, body } = buildRejection(CLIENT_ERRORS[code] ?? [400, 'This is not an HTTP request.'])
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${title}\r\n${head.join('')}\r\n${body}`)
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
}

function rejectExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const { status, headers, body } = buildRejection([417, 'The only supported expectation is 100-continue.'])
  response.writeHead(status, headers).end(body)
}

function buildRejection([status, detail]: [status: number, detail: string]) {
  const requestId = acceptRequestId(undefined)
  const title = STATUS_CODES[status]
  const body = JSON.stringify({ ...toProblem(new GatewayError('BAD_REQUEST', detail), requestId), status, title })
  const headers = {
    'x-request-id': requestId,
    connection: 'close',
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
  }
  return { status, title, headers, body }
}
