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
  // By connection: a response that waits behind another on one that closes is never closed itself.
  const connections = new Map<Socket, Set<ServerResponse>>()
  let onAnswered = () => {}
  let draining = false

  const isAnswered = () => [...connections.values()].every((responses) => responses.size === 0)
  const settle = () => {
    if (draining && isAnswered()) onAnswered()
  }

  server.on('connection', (socket) => {
    connections.set(socket, new Set())
    socket.once('close', () => {
      connections.delete(socket)
      settle()
    })
  })
  server.on('request', ({ socket }, response) => {
    if (draining) response.shouldKeepAlive = false
    const responses = connections.get(socket)
    responses?.add(response)
    response.once('close', () => {
      responses?.delete(response)
      settle()
    })
  })

  function closeIdle(): void {
    server.closeIdleConnections()
    // Node takes a connection for idle only after its first request.
    for (const socket of connections.keys()) if (socket.bytesRead === 0) socket.destroy()
  }

  return async function drain(graceMs) {
    draining = true
    for (const responses of connections.values()) for (const response of responses) response.shouldKeepAlive = false
    // Not http's own close: it would cut idle connections while their callers may be about to use them.
    const closed = new Promise<unknown>((resolve) => NetServer.prototype.close.call(server, resolve))
    let answered = true
    const grace = setTimeout(() => {
      answered = isAnswered()
      server.closeAllConnections()
    }, graceMs)
    if (!isAnswered()) await Promise.race([closed, new Promise<void>((resolve) => (onAnswered = resolve))])
    const linger = setTimeout(closeIdle, lingerMs)
    await closed
    clearTimeout(linger)
    clearTimeout(grace)
    return answered
  }
}
