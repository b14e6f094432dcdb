import type { Deadline } from './deadline.ts'

/** The deadline of a call that several share: the last of theirs. One caller who hangs up ends nothing for the others. */
export function groupDeadline(deadlines: readonly Deadline[]): Deadline {
  const controller = new AbortController()
  let remaining = deadlines.length
  const leave = () => {
    remaining--
    if (remaining === 0) controller.abort()
  }
  for (const { signal } of deadlines) {
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
  }
  const isOver = () => controller.signal.aborted
  return {
    signal: controller.signal,
    at: Math.max(...deadlines.map(({ at }) => at)),
    // One who waited to the end proves that Core was slow, whoever else hung up.
    get passed() {
      return isOver() && deadlines.some(({ passed }) => passed)
    },
    get hungUp() {
      return isOver() && !this.passed
    },
  }
}
