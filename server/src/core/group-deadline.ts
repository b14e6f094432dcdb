import { OwnSignal } from '../call-signal.ts'
import type { Deadline } from './deadline.ts'

/** The deadline of a call that several share: the last of theirs. One caller who hangs up ends nothing for the others. */
export function groupDeadline(deadlines: readonly Deadline[]): Deadline {
  const over = new OwnSignal()
  let remaining = deadlines.length
  const leave = () => {
    remaining--
    if (remaining === 0) over.abort()
  }
  for (const { signal } of deadlines) {
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave)
  }
  return {
    signal: over,
    at: Math.max(...deadlines.map(({ at }) => at)),
    // One who waited to the end proves that Core was slow, whoever else hung up.
    get passed() {
      return over.aborted && deadlines.some(({ passed }) => passed)
    },
    get hungUp() {
      return over.aborted && !this.passed
    },
  }
}
