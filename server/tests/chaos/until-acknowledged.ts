import { setTimeout as delay } from 'node:timers/promises'
import { NotAcknowledged } from './senders.ts'

const SHORTEST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 150

export interface UntilAcknowledgedOptions {
  signal: AbortSignal
  random: () => number
  /** Called before each retry. */
  onRetry?: () => void
}

/**
 * Retries until an attempt is acknowledged.
 * @throws any error of `attempt` except `NotAcknowledged`, or the reason of `signal`.
 */
export async function untilAcknowledged<Answer>(
  attempt: () => Promise<Answer>,
  { signal, random, onRetry = () => {} }: UntilAcknowledgedOptions,
): Promise<Answer> {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof NotAcknowledged)) throw error
    }
    await delay(SHORTEST_PAUSE_MS + random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS), undefined, { signal })
    onRetry()
  }
}
