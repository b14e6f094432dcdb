import { isatty } from 'node:tty'
import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino'
import { PinoPretty } from 'pino-pretty'

export type Log = Logger

/**
 * One JSON line an entry, or readable lines in a terminal. Bodies, keys and tokens are never passed to it.
 * @param destination where the lines go; standard output by default
 */
export function createLog(level: LevelWithSilent, destination: DestinationStream = standardStream(1)): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}

/** Standard output (1) or error (2). */
export function standardStream(fd: 1 | 2): DestinationStream {
  return isatty(fd)
    ? PinoPretty({ sync: true, translateTime: 'SYS:HH:MM:ss', singleLine: true, destination: fd })
    : pino.destination({ dest: fd, sync: true })
}
