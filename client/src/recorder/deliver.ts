import type { EventBatchResponse, MCPEvent } from '@achilles/mcp-contract'
import { type GatewayError, isGatewayError, isReportedByGateway } from '../gateway-error.ts'
import { toEvent } from './event-schema.ts'
import type { PendingEvent } from './pending-events.ts'
import { readVerdicts, toRejected, type Verdict } from './verdict.ts'

/** How a batch goes out and what is told of it. */
export interface Delivery {
  send: (events: MCPEvent[]) => Promise<EventBatchResponse>
  settle: (event: PendingEvent, verdict: Verdict) => void
  /** So much was too much for one batch; it is not settled. */
  tooLarge: (batch: readonly PendingEvent[]) => void
}

/**
 * Sends a batch and settles its events. A batch that is rejected is halved, so that the events which were not the reason
 * are accepted. What is not settled at the end is to be sent again.
 * @throws what is no verdict on any event.
 */
export async function deliver(batch: readonly PendingEvent[], delivery: Delivery): Promise<void> {
  let verdicts: Map<PendingEvent, Verdict>
  try {
    verdicts = readVerdicts(await delivery.send(batch.map(toEvent)), batch)
  } catch (error) {
    if (batch.length > 1 && isTooLarge(error)) return delivery.tooLarge(batch)
    if (!isRejection(error)) throw error
    if (batch.length === 1) {
      for (const event of batch) delivery.settle(event, toRejected(error.data))
      return
    }
    const middle = Math.ceil(batch.length / 2)
    await deliver(batch.slice(0, middle), delivery)
    await deliver(batch.slice(middle), delivery)
    return
  }
  for (const [event, verdict] of verdicts) delivery.settle(event, verdict)
}

/** The gateway's word or Core's; or that of a proxy before either, such as nginx with its limit of 1 MiB. */
function isTooLarge(error: unknown): boolean {
  if (!isGatewayError(error)) return false
  const { code, upstream } = error.data
  return code === 'PAYLOAD_TOO_LARGE' || (code === 'BAD_GATEWAY' && upstream?.status === 413)
}

/** Codes by which the gateway or Core rejects what is in a batch. */
const REJECTIONS: ReadonlySet<string> = new Set([
  'BAD_REQUEST',
  'FORBIDDEN',
  'NOT_FOUND',
  'CONFLICT',
  'PAYLOAD_TOO_LARGE',
  'UNPROCESSABLE_CONTENT',
])

/**
 * True where an event is given up for it. Not so a gateway's own 404 (it lacks the operation) or 400 without issues (the
 * request was damaged on its way), which say nothing of the events; nor a rejected key, which the next attempt may replace.
 */
function isRejection(error: unknown): error is GatewayError {
  if (!isGatewayError(error) || !isReportedByGateway(error)) return false
  const { code, retryable, issues, upstream } = error.data
  if (retryable || !REJECTIONS.has(code)) return false
  if (code === 'NOT_FOUND') return upstream !== undefined
  return code !== 'BAD_REQUEST' || upstream !== undefined || (issues?.length ?? 0) > 0
}
