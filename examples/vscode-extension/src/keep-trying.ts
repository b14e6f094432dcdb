import type { Pause } from './pause.ts'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

/** How `keepTrying` waits, and whom it tells. */
export interface Patience {
  signal: AbortSignal
  pause: Pause
  onFailure(error: unknown): void
}

/** Tries until it succeeds, with growing pauses; undefined where the signal is aborted first. */
export async function keepTrying<Result>(
  attempt: () => Promise<Result>,
  { signal, pause, onFailure }: Patience,
): Promise<Result | undefined> {
  for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await attempt()
    } catch (error) {
      if (!signal.aborted) onFailure(error)
    }
    // Many editors must not come back to one gateway at the same moment.
    await pause.last(pauseMs * (0.5 + Math.random() / 2), signal)
  }
  return undefined
}
