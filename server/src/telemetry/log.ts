import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino'
import { standardStream } from './standard-stream.ts'

export type Log = Logger

/** How long an exit waits for the log to be flushed. */
const FLUSH_MS = 1_000

/**
 * Creates a log of JSON lines, or of readable lines in a terminal. Never pass it bodies, keys or tokens.
 * @param destination default: standard output
 * @param base fields added to every line
 */
export function createLog(
  level: LevelWithSilent,
  destination: DestinationStream = standardStream(1),
  base: Readonly<Record<string, unknown>> | null = null,
): Log {
  return pino({ level, base, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}

/** Resolves once all previous lines are written, or after a second: a stalled reader must not block an exit. */
export function flushLog(log: Log): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, FLUSH_MS)
    log.flush(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
