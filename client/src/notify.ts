/** Calls a user's callback. What it throws or rejects with goes to `onFault` and is not rethrown. */
export function notify<Value>(
  callback: ((value: Value) => unknown) | undefined,
  value: Value,
  onFault: (error: unknown) => void = () => {},
): void {
  try {
    const returned = callback?.(value)
    if (isThenable(returned)) Promise.resolve(returned).catch(onFault)
  } catch (error) {
    onFault(error)
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value
