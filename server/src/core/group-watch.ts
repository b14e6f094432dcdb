import type { AttemptWatch } from '../telemetry/attempt-watch.ts'
import type { WaitingBatch } from './waiting-batch.ts'

/**
 * Tells the attempts of one call to all who share it. It goes under the first one's id and counts as its own, whether or
 * not that one still waits; the others go along for as long as they wait.
 */
export function watchTogether([first, ...others]: readonly [WaitingBatch, ...WaitingBatch[]]): AttemptWatch {
  const { watch, headers } = first.call
  let told: AttemptWatch[] = []
  return {
    begin() {
      const along = others.filter(({ gone }) => !gone).map(({ call }) => call.watch)
      told = [watch, ...along]
      for (const one of along) one.begin(headers['x-request-id'])
      return watch.begin()
    },
    end(outcome) {
      for (const one of told) one.end(outcome)
      told = []
    },
  }
}
