/**
 * The first signal, or the end of the input, stops in good order, a signal after that at once. Exit 0 means that every
 * request was answered.
 * @param inputEnded resolves when nobody is left to speak with
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
