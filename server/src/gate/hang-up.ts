import { type CallSignal, OwnSignal } from '../call-signal.ts'
import type { GatewayContext } from './gateway-env.ts'

/** Aborts when the caller hangs up before the answer is written. */
export function hangUpOf(c: GatewayContext): CallSignal {
  const outgoing = c.env?.outgoing
  if (!outgoing) return c.req.raw.signal
  const signal = new OwnSignal()
  if (hasHungUp(c)) signal.abort()
  else outgoing.once('close', () => !outgoing.writableFinished && signal.abort())
  return signal
}

/** Whether the caller has hung up before the answer is written. */
export function hasHungUp(c: GatewayContext): boolean {
  const outgoing = c.env?.outgoing
  return outgoing ? outgoing.destroyed && !outgoing.writableFinished : c.req.raw.signal.aborted
}
