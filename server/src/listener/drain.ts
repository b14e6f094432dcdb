import type { Server, ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'

/** Ends a server in good order; see `prepareDrain`. */
export type Drain = (graceMs: number) => Promise<boolean>

/**
 * Watches a server's connections, so that it can be drained: no new connections, what is in flight is answered, and
 * every answer still to come says `connection: close`. Resolves when no connection is left: true, or false where after
 * `graceMs` milliseconds requests had to be cut off. Call it before other request listeners are added.
 * @param lingerMs how long connections that idle may still ask and be told to close, once nothing is in flight
 */
export function prepareDrain(server: Server, lingerMs = 1_000): Drain {
  const sockets = new Set<Socket>()
  const responses = new Set<ServerResponse>()
  let onAnswered = () => {}
  let draining = false

  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('request', (_request, response) => {
    if (draining) response.shouldKeepAlive = false
    responses.add(response)
    response.once('close', () => {
      responses.delete(response)
      if (responses.size === 0) onAnswered()
    })
  })

  function closeIdle(): void {
    server.closeIdleConnections()
    // Node takes a connection for idle only after its first request.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  }

  return async function drain(graceMs) {
    draining = true
    for (const response of responses) response.shouldKeepAlive = false
    // Not http's own close: it would cut idle connections while their callers may be about to use them.
    const closed = new Promise<unknown>((resolve) => NetServer.prototype.close.call(server, resolve))
    let answered = true
    const grace = setTimeout(() => {
      answered = responses.size === 0
      server.closeAllConnections()
    }, graceMs)
    if (responses.size > 0) await Promise.race([closed, new Promise<void>((resolve) => (onAnswered = resolve))])
    const linger = setTimeout(closeIdle, lingerMs)
    await closed
    clearTimeout(linger)
    clearTimeout(grace)
    return answered
  }
}
