import { setMaxListeners } from 'node:events'
import type { GatewayContext } from './env.ts'

/** Aborts when the caller disconnects before the response is complete. */
export function getDisconnectSignal(c: GatewayContext): AbortSignal {
  const outgoing = c.env?.outgoing
  if (!outgoing) return c.req.raw.signal
  const controller = new AbortController()
  // Each call of a native batch listens to it.
  setMaxListeners(0, controller.signal)
  if (hasDisconnected(c)) controller.abort()
  else outgoing.once('close', () => !outgoing.writableFinished && controller.abort())
  return controller.signal
}

export function hasDisconnected(c: GatewayContext): boolean {
  const outgoing = c.env?.outgoing
  return outgoing ? outgoing.destroyed && !outgoing.writableFinished : c.req.raw.signal.aborted
}

/**
 * Calls back once when the peer ends its half of the connection: it may be gone, which only a write reveals. Returns a
 * function that stops listening.
 */
export function onHalfClose(c: GatewayContext, callback: () => void): () => void {
  const socket = c.env?.incoming?.socket
  if (socket?.readableEnded) callback()
  else socket?.once('end', callback)
  return () => socket?.off('end', callback)
}
