/**
 * Lets SIGINT, SIGTERM, or the end of the input stop this process in good order, and a signal after that at once. It
 * exits with 0 where `stop` says that every request was answered, with 1 otherwise.
 */
export function stopWhenTold(stop: () => Promise<boolean>, inputEnded?: Promise<void>): void {
  let stopping = false
  const stopInOrder = () => {
    stopping = true
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
