import { AbortHandle, type AbortSignalLike } from './abort.ts'
import type { GatewayContext } from './env.ts'

/** A signal that aborts when the caller disconnects before the response is complete. */
export function getDisconnectSignal(c: GatewayContext): AbortSignalLike {
  const outgoing = c.env?.outgoing
  if (!outgoing) return c.req.raw.signal
  const signal = new AbortHandle()
  if (hasDisconnected(c)) signal.abort()
  else outgoing.once('close', () => !outgoing.writableFinished && signal.abort())
  return signal
}

/** Whether the caller has disconnected before the response is complete. */
export function hasDisconnected(c: GatewayContext): boolean {
  const outgoing = c.env?.outgoing
  return outgoing ? outgoing.destroyed && !outgoing.writableFinished : c.req.raw.signal.aborted
}
