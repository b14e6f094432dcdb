/**
 * Calls a callback of the user's program. What it throws, or rejects with where it is asynchronous, goes to `onFault` and
 * stops nothing here.
 */
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
