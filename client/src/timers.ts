import { localError } from './gateway-error.ts'

/** 25 days; `setTimeout` turns a longer delay into 1 ms. */
export const MAX_TIMER_MS = 2 ** 31 - 1

/** Limits `ms` to `MAX_TIMER_MS`; with `unref`, the timer does not keep a Node process alive. */
export function startTimer(callback: () => void, ms: number, unref = false): ReturnType<typeof setTimeout> {
  const timer = setTimeout(callback, Math.min(Math.max(ms, 0), MAX_TIMER_MS))
  // In browsers a timer is a number.
  if (unref) (timer as { unref?: () => void }).unref?.()
  return timer
}

/** Resolves after `ms`, or immediately when the signal is aborted. */
export function delay(ms: number, signal?: AbortSignal, unref = false): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = startTimer(end, ms, unref)
    signal?.addEventListener('abort', end)
  })
}

/** Aborts the task's signal after `ms`, with a GatewayError `GATEWAY_TIMEOUT` that names `what`. */
export async function withTimeout<Output>(
  what: string,
  ms: number,
  task: (signal: AbortSignal) => Promise<Output>,
): Promise<Output> {
  const late = new AbortController()
  const timer = startTimer(
    () => late.abort(localError('GATEWAY_TIMEOUT', `${what} was not done within ${Math.round(ms)} ms.`)),
    ms,
  )
  try {
    return await task(late.signal)
  } finally {
    clearTimeout(timer)
  }
}

/** `Promise.withResolvers`, which Node 20 lacks. */
export function withResolvers<Value>() {
  let resolve: (value: Value) => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<Value>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}
