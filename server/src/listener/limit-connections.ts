import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Why a connection was ended, or not taken. */
export type ConnectionLimit =
  | 'connections'
  | 'descriptors'
  | 'pipelined_requests'
  | 'request_time'
  | 'response_time'
  | 'unsent_bytes'

/** Limits of a server's connections; times are in milliseconds. */
export interface ConnectionLimits {
  /** How long a peer may take no byte of a response. Node looks after this time, and where some went, once more. */
  writeIdleMs: number
  /** How long a peer may take for a response that is written to its end. */
  writeMs: number
  /** How many requests may wait on a connection for the response to another. */
  maxPipelined: number
  /** How many bytes of finished responses may wait for all peers together; past that the oldest are given up. */
  maxUnsentBytes: number
  maxConnections: number
}

/** Descriptors that are not for connections: the listening socket, logs, Redis, a database. */
const OTHER_DESCRIPTORS = 64

/** Half of the descriptors that the process may open, since a call may need one to Core as well; 10,000 at most. */
function defaultMaxConnections(): number {
  const { userLimits } = process.report.getReport() as unknown as {
    userLimits?: { open_files?: { soft: number | 'unlimited' } }
  }
  const descriptors = Number(userLimits?.open_files?.soft)
  return Number.isInteger(descriptors) ? Math.max(16, Math.min(10_000, (descriptors - OTHER_DESCRIPTORS) >> 1)) : 10_000
}

export const connectionLimits = (): ConnectionLimits => ({
  writeIdleMs: 8_000,
  writeMs: 60_000,
  maxPipelined: 100,
  maxUnsentBytes: 128 * 1024 * 1024,
  maxConnections: defaultMaxConnections(),
})

const SWEEP_MS = 1_000

/** A peer that half-closes is asked whether it is still there after this time, then ever more rarely. */
const FIRST_PROBE_MS = 100

/** A connection's requests: the one that is served, and those that wait behind it. */
class Connection {
  current: ServerResponse | undefined
  readonly waiting: [request: IncomingMessage, response: ServerResponse][] = []
  /** When a sweep first saw the current response written to its end. */
  writtenAt: number | undefined
}

/** What others need to know of a server's connections. */
export interface Connections {
  /** Whether a part of a response is on its way on this connection. */
  hasBegunResponse(socket: Socket): boolean
}

/**
 * Serves a server's requests, one at a time on each connection, and ends the connections of peers that pass a limit. Node
 * parses pipelined requests ahead and would have all of them served at once, each with its body in memory.
 * @param onLimit reports a connection that was ended, or not taken
 */
export function limitConnections(
  server: Server,
  serve: RequestListener,
  { onLimit, ...limits }: ConnectionLimits & { onLimit(limit: ConnectionLimit): void },
): Connections {
  const connections = new Map<Socket, Connection>()

  function end(socket: Socket, limit: ConnectionLimit): void {
    socket.destroy()
    onLimit(limit)
  }

  // Also called where a call to Core takes long; then nothing waits for the peer.
  function onTimeout(socket: Socket): void {
    if (socket.writableLength > 0) end(socket, 'response_time')
  }

  function start(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    connection.current = response
    connection.writtenAt = undefined
    response.setTimeout(limits.writeIdleMs).on('timeout', onTimeout)
    response.once('close', () => {
      connection.current = undefined
      const next = connection.waiting.shift()
      if (next && !request.socket.destroyed) start(connection, ...next)
    })
    serve(request, response)
  }

  server.maxConnections = limits.maxConnections
  server.on('drop', () => onLimit('connections'))
  server.on('connection', (socket: Socket) => {
    const connection = new Connection()
    connections.set(socket, connection)
    socket.once('close', () => connections.delete(socket))
    socket.once('end', () => probeWhileServed(socket, connection))
  })
  server.on('request', (request, response) => {
    const { socket } = request
    const connection = connections.get(socket)
    if (!connection) socket.destroy()
    else if (!connection.current) start(connection, request, response)
    else if (connection.waiting.length < limits.maxPipelined) connection.waiting.push([request, response])
    else if (!socket.destroyed) end(socket, 'pipelined_requests')
  })

  const sweep = setInterval(() => {
    const now = performance.now()
    const written: { socket: Socket; at: number }[] = []
    let unsent = 0
    for (const [socket, connection] of connections) {
      if (!connection.current?.writableEnded) continue
      connection.writtenAt ??= now
      if (now - connection.writtenAt > limits.writeMs) end(socket, 'response_time')
      else {
        unsent += socket.writableLength
        written.push({ socket, at: connection.writtenAt })
      }
    }
    if (unsent <= limits.maxUnsentBytes) return
    for (const { socket } of written.sort((one, other) => one.at - other.at)) {
      if (unsent <= limits.maxUnsentBytes) break
      unsent -= socket.writableLength
      end(socket, 'unsent_bytes')
    }
  }, SWEEP_MS)
  sweep.unref()
  server.on('close', () => clearInterval(sweep))

  return { hasBegunResponse: (socket) => connections.get(socket)?.current?.headersSent === true }
}

/**
 * A peer that half-closed may have closed altogether, which shows only once it is written to. Interim responses do that
 * until the final one begins; where the peer is gone, its reset ends the call. HTTP/1.0 has none.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.2
 */
function probeWhileServed(socket: Socket, connection: Connection, afterMs = FIRST_PROBE_MS): void {
  if (socket.destroyed || connection.current === undefined) return
  setTimeout(() => {
    const response = connection.current
    if (!response || response.headersSent) return
    if (response.req.httpVersionMinor > 0) response.writeContinue()
    probeWhileServed(socket, connection, 2 * afterMs)
  }, afterMs).unref()
}
