import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export type ConnectionLimit =
  | 'connections'
  | 'descriptors'
  | 'pipelined_requests'
  | 'request_time'
  | 'response_time'
  | 'unsent_bytes'

export interface ConnectionLimits {
  /** How long a peer may read nothing of a response. Closing may take up to twice as long. */
  writeIdleMs: number
  /** How long a peer may take to read a completely written response. */
  writeMs: number
  /** How many requests may wait on a connection behind the current one. */
  maxPipelined: number
  /** Unread bytes of finished responses, for all peers together. Above that, the oldest are closed. */
  maxUnsentBytes: number
  maxConnections: number
}

/** For the listening socket, logs, Redis, a database. */
const OTHER_DESCRIPTORS = 64

/** Half of the process's descriptors, since each call may need a connection to Core as well; at most 10,000. */
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

/** The delay before a half-closed peer is first probed; it doubles with each probe. */
const FIRST_PROBE_MS = 100

class Connection {
  current: ServerResponse | undefined
  readonly waiting: [request: IncomingMessage, response: ServerResponse][] = []
  /** When a sweep first found the current response completely written. */
  writtenAt: number | undefined
}

export interface Connections {
  hasBegunResponse(socket: Socket): boolean
}

/**
 * Serves requests one at a time per connection, and closes connections that exceed a limit. Node would serve all
 * pipelined requests concurrently, each with its body in memory.
 * @param onLimit called for each connection that was closed or not accepted
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

  // Also fires during a slow call to Core: then no bytes wait for the peer.
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
 * A half-closed peer may be gone, which only a write reveals. Interim responses (not in HTTP/1.0) are written until the
 * final one starts: if the peer is gone, its reset aborts the call.
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
