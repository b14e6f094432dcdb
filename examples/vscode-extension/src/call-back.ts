/** Calls a callback, at once. What it throws or rejects with goes to `onFault`, and stops nothing here. */
export function callBack<Value>(
  callback: (value: Value) => unknown,
  value: Value,
  onFault: (error: unknown) => void = () => {},
): void {
  new Promise((resolve) => resolve(callback(value))).catch(onFault)
}
