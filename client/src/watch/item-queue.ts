import { ResumingSubscription, type SubscriptionOptions, type TrackedItem } from './resuming-subscription.ts'

/** Past it the subscription is closed until they are read. */
const MAX_WAITING = 1_000

/** Reads a subscription item by item, at the reader's pace. It can be iterated once. */
export function iterateItems(
  options: Pick<SubscriptionOptions, 'path' | 'input' | 'connection' | 'transformer'>,
  signal: AbortSignal | undefined,
): AsyncIterableIterator<TrackedItem> {
  const waiting: TrackedItem[] = []
  let failure: unknown
  let wake = () => {}
  const subscription = new ResumingSubscription({
    ...options,
    onItem(item) {
      waiting.push(item)
      if (waiting.length >= MAX_WAITING) subscription.disconnect()
      wake()
    },
    onFailure(error) {
      failure = error
      wake()
    },
  })
  const close = () => {
    subscription.close()
    signal?.removeEventListener('abort', close)
    wake()
  }
  signal?.addEventListener('abort', close)
  if (signal?.aborted) close()
  subscription.connect()

  return {
    async next() {
      for (;;) {
        const item = waiting.shift()
        if (item) {
          if (waiting.length === 0) subscription.connect()
          return { done: false, value: item }
        }
        if (subscription.isClosed) break
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (failure === undefined) return { done: true, value: undefined }
      const error = failure
      failure = undefined
      throw error
    },
    async return() {
      waiting.length = 0
      close()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
