import { localError } from './gateway-error.ts'
import { startTimer } from './start-timer.ts'

/**
 * Gives a task so many milliseconds, and hangs up on it then. `what` is the task in words.
 * @throws what the task throws, or a GatewayError `GATEWAY_TIMEOUT`.
 */
export async function within<Output>(
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
