/** When to stop beside a signal, and how long that may take. */
export interface StopOptions {
  /** Resolves when nobody is left to speak with. */
  inputEnded?: Promise<void> | undefined
  /** After how many milliseconds the process ends, whatever still holds `stop` up. */
  limitMs: number
}

/**
 * Lets SIGINT, SIGTERM, or the end of the input stop this process in good order, and a signal after that at once. It
 * exits with 0 where `stop` says that every request was answered, with 1 otherwise.
 */
export function stopWhenTold(stop: () => Promise<boolean>, { inputEnded, limitMs }: StopOptions): void {
  let stopping = false
  const stopInOrder = () => {
    stopping = true
    setTimeout(() => process.exit(1), limitMs).unref()
    void stop().then((answered) => process.exit(answered ? 0 : 1))
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1)
      stopInOrder()
    })
  }
  inputEnded?.then(() => {
    if (!stopping) stopInOrder()
  })
}
