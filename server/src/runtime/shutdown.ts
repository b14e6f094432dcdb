export interface ShutdownOptions {
  /** Resolves when the input has ended, which stops the process as a signal does. */
  inputEnded?: Promise<void> | undefined
  /** The process exits after this many milliseconds, even if `stop` has not finished. */
  limitMs: number
}

/**
 * Stops the process gracefully on SIGINT, SIGTERM or the end of the input; a second signal exits at once. The exit code
 * is 0 if `stop` resolves to true (every request was completed), otherwise 1.
 */
export function gracefulShutdown(stop: () => Promise<boolean>, { inputEnded, limitMs }: ShutdownOptions): void {
  let stopping = false
  const stopGracefully = () => {
    stopping = true
    setTimeout(() => process.exit(1), limitMs).unref()
    void stop().then((completed) => process.exit(completed ? 0 : 1))
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1)
      stopGracefully()
    })
  }
  inputEnded?.then(() => {
    if (!stopping) stopGracefully()
  })
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Exits at once on a signal, until the returned function is called, when graceful shutdown takes over. Needed in
 * containers: the kernel ignores signals for PID 1 that it has no handler for.
 */
export function exitOnSignalDuringStartup(): () => void {
  const end = () => process.exit(0)
  for (const signal of SIGNALS) process.on(signal, end)
  return () => {
    for (const signal of SIGNALS) process.off(signal, end)
  }
}
