import { type GatewayError, isGatewayError, isReportedByGateway } from '../gateway-error.ts'
import type { PendingEntry } from './pending-entries.ts'
import { readVerdicts, toRejected, type Verdict } from './verdict.ts'

export interface Delivery {
  /** Resolves to the response, which is not validated. */
  send: (batch: readonly PendingEntry[]) => Promise<unknown>
  settle: (event: PendingEntry, verdict: Verdict) => void
  /** The batch exceeds a size limit; its events stay unsettled. */
  tooLarge: (batch: readonly PendingEntry[]) => void
}

/**
 * Halves a rejected batch, so that its valid events are accepted. Events that are not settled must be sent again.
 * @throws any error that is not a rejection of events.
 */
export async function deliverEvents(batch: readonly PendingEntry[], delivery: Delivery): Promise<void> {
  let verdicts: Map<PendingEntry, Verdict>
  try {
    verdicts = readVerdicts(await delivery.send(batch), batch)
  } catch (error) {
    if (batch.length > 1 && isTooLarge(error)) return delivery.tooLarge(batch)
    if (!isRejection(error)) throw error
    if (batch.length === 1) {
      for (const event of batch) delivery.settle(event, toRejected(error.data))
      return
    }
    const middle = Math.ceil(batch.length / 2)
    await deliverEvents(batch.slice(0, middle), delivery)
    await deliverEvents(batch.slice(middle), delivery)
    return
  }
  for (const [event, verdict] of verdicts) delivery.settle(event, verdict)
}

/** Also true for the 413 of a proxy, such as nginx with its default limit of 1 MiB. */
function isTooLarge(error: unknown): boolean {
  if (!isGatewayError(error)) return false
  const { code, upstream } = error.data
  return code === 'PAYLOAD_TOO_LARGE' || (code === 'BAD_GATEWAY' && upstream?.status === 413)
}

const REJECTIONS: ReadonlySet<string> = new Set([
  'BAD_REQUEST',
  'FORBIDDEN',
  'NOT_FOUND',
  'CONFLICT',
  'PAYLOAD_TOO_LARGE',
  'UNPROCESSABLE_CONTENT',
])

/**
 * Whether to give up the event. Not for a gateway's own 404 (unknown operation) or a 400 without issues (damaged
 * request), which are not about the events, nor for a rejected key, which may be replaced.
 */
export function isRejection(error: unknown): error is GatewayError {
  if (!isGatewayError(error) || !isReportedByGateway(error)) return false
  const { code, retryable, issues, upstream } = error.data
  if (retryable || !REJECTIONS.has(code)) return false
  if (code === 'NOT_FOUND') return upstream !== undefined
  return code !== 'BAD_REQUEST' || upstream !== undefined || (issues?.length ?? 0) > 0
}
