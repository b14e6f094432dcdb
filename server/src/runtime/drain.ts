import type { Server, ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'

/** Resolves to false if requests were aborted after `graceMs`. */
export type Drain = (graceMs: number) => Promise<boolean>

/**
 * Returns a function that stops accepting connections, completes in-flight requests and closes the server. Call this
 * before other request listeners are added.
 * @param lingerMs how long idle connections stay open for one more request, once nothing is in flight
 */
export function prepareDrain(server: Server, lingerMs = 1_000): Drain {
  // By connection: a pipelined response that waits emits no `close` when its connection closes.
  const connections = new Map<Socket, Set<ServerResponse>>()
  let onIdle = () => {}
  let draining = false

  const isIdle = () => [...connections.values()].every((responses) => responses.size === 0)
  const settle = () => {
    if (draining && isIdle()) onIdle()
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
    // Node regards a connection as idle only after its first request.
    for (const socket of connections.keys()) if (socket.bytesRead === 0) socket.destroy()
  }

  return async function drain(graceMs) {
    draining = true
    for (const responses of connections.values()) for (const response of responses) response.shouldKeepAlive = false
    // Not http's own close: it destroys idle connections that clients may be about to use.
    const closed = new Promise<unknown>((resolve) => NetServer.prototype.close.call(server, resolve))
    let completed = true
    const grace = setTimeout(() => {
      completed = isIdle()
      server.closeAllConnections()
    }, graceMs)
    if (!isIdle()) await Promise.race([closed, new Promise<void>((resolve) => (onIdle = resolve))])
    const linger = setTimeout(closeIdle, lingerMs)
    await closed
    clearTimeout(linger)
    clearTimeout(grace)
    return completed
  }
}
