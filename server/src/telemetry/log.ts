import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino'
import { standardStream } from './standard-stream.ts'

export type Log = Logger

/** How long an exit waits for the log to be written. */
const FLUSH_MS = 1_000

/**
 * One JSON line an entry, or readable lines in a terminal. Bodies, keys and tokens are never passed to it.
 * @param destination where the lines go; standard output by default
 * @param base what every line says, e.g. which worker wrote it
 */
export function createLog(
  level: LevelWithSilent,
  destination: DestinationStream = standardStream(1),
  base: Readonly<Record<string, unknown>> | null = null,
): Log {
  return pino({ level, base, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}

/** Resolves once the lines before are written, or after a second: a reader that has stopped must not hold up an exit. */
export function flushLog(log: Log): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, FLUSH_MS)
    log.flush(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
