import type { CompleteEvent } from '@achilles/mcp-contract'
import { chaosEvent } from './chaos-event.ts'
import type { Ledger } from './ledger.ts'
import { wholeBetween } from './seeded-random.ts'
import type { Sender } from './senders.ts'
import { untilAcknowledged } from './until-acknowledged.ts'

const BATCH_EVENTS = 20
const SHARE_SENT_AGAIN = 0.1

/** A queue of batches of event numbers for all clients, and the acknowledged batches. */
export interface Work {
  open: number[][]
  done: CompleteEvent[][]
}

export interface ClientOptions {
  name: string
  sender: Sender
  work: Work
  ledger: Ledger
  random: () => number
  signal: AbortSignal
}

/** Splits the numbers from 0 to `events` (exclusive) into batches. */
export function openWork(events: number): Work {
  const numbers = Array.from({ length: events }, (_, index) => index)
  const open = Array.from({ length: Math.ceil(events / BATCH_EVENTS) }, (_, batch) =>
    numbers.slice(batch * BATCH_EVENTS, (batch + 1) * BATCH_EVENTS),
  )
  return { open, done: [] }
}

/** Opens a session and sends batches until none is left; occasionally resends an acknowledged one. */
export async function runClient({ name, sender, work, ledger, random, signal }: ClientOptions): Promise<void> {
  const { session_id } = await untilAcknowledged(
    () =>
      sender.createSession({
        external_session_key: name,
        user_id: 'ada',
        workspace_id: 'ws-chaos',
        start_time: '2026-03-02T09:00:00Z',
      }),
    { signal, random },
  )

  for (let numbers = work.open.shift(); numbers; numbers = work.open.shift()) {
    const batch = numbers.map((index) => chaosEvent(index, session_id))
    await send(batch)
    work.done.push(batch)
    if (random() < SHARE_SENT_AGAIN) await sendAgain()
  }
  // At the end, each client resends one batch, to check what Core remembers.
  await sendAgain()

  async function sendAgain(): Promise<void> {
    const batch = work.done[wholeBetween(random, 0, work.done.length)]
    if (!batch) return
    ledger.resent += batch.length
    await send(batch)
  }

  async function send(events: CompleteEvent[]): Promise<void> {
    const onRetry = () => {
      ledger.resent += events.length
    }
    ledger.record(events, await untilAcknowledged(() => sender.sendBatch({ events }), { signal, random, onRetry }))
  }
}
