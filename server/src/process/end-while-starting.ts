const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Lets a signal end this process at once, until what is returned is called, when there is something to be stopped in good
 * order. The kernel does as much by itself, but not for the first process of a container: that one is deaf to every signal
 * that it does not listen for.
 */
export function endWhileStarting(): () => void {
  const end = () => process.exit(0)
  for (const signal of SIGNALS) process.on(signal, end)
  return () => {
    for (const signal of SIGNALS) process.off(signal, end)
  }
}
