import type { EventBatchResponse, MCPEvent, Problem } from '@achilles/mcp-contract'
import { isGatewayError } from '../gateway-error.ts'
import { eventOf } from './event-of.ts'
import type { PendingEvent } from './pending-events.ts'
import { refusedBy, type Verdict, verdictsOf } from './verdict.ts'

/** How a batch goes out and what is told of it. */
export interface Delivery {
  send: (events: MCPEvent[]) => Promise<EventBatchResponse>
  settle: (event: PendingEvent, verdict: Verdict) => void
  /** So much was too much for one batch; it is not settled. */
  tooLarge: (batch: readonly PendingEvent[]) => void
}

/**
 * Sends a batch and settles its events. A batch that is refused for what some of its events are is halved, so that the
 * others are taken. What is not settled at the end is to be sent again.
 * @throws what may pass by itself.
 */
export async function deliver(batch: readonly PendingEvent[], delivery: Delivery): Promise<void> {
  let answer: EventBatchResponse
  try {
    answer = await delivery.send(batch.map(eventOf))
  } catch (error) {
    if (!isGatewayError(error) || mayPass(error.data)) throw error
    const { code } = error.data
    if (batch.length === 1 || !FAULT_OF_SOME.has(code)) {
      for (const event of batch) delivery.settle(event, refusedBy(error.data))
      return
    }
    if (code === 'PAYLOAD_TOO_LARGE') {
      delivery.tooLarge(batch)
      return
    }
    const middle = Math.ceil(batch.length / 2)
    await deliver(batch.slice(0, middle), delivery)
    await deliver(batch.slice(middle), delivery)
    return
  }
  const verdictOn = verdictsOf(answer)
  for (const event of batch) delivery.settle(event, verdictOn(event))
}

/** A refused key may have been replaced by the next attempt: no event is given up for it. */
const mayPass = ({ retryable, code }: Problem) => retryable || code === 'UNAUTHORIZED'

const FAULT_OF_SOME: ReadonlySet<string> = new Set(['PAYLOAD_TOO_LARGE', 'BAD_REQUEST', 'UNPROCESSABLE_CONTENT'])
