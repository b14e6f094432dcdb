import { type DestinationStream, type Logger, pino } from 'pino'
import { PinoPretty } from 'pino-pretty'
import type { LogLevel } from '../config.ts'

export type Log = Logger

/**
 * One JSON line an entry, or readable lines in a terminal. Bodies, keys and tokens are never passed to it.
 * @param destination where the lines go; standard output by default
 */
export function createLog(level: LogLevel, destination: DestinationStream = standardOutput()): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}

function standardOutput(): DestinationStream {
  return process.stdout.isTTY
    ? PinoPretty({ sync: true, translateTime: 'SYS:HH:MM:ss', singleLine: true })
    : pino.destination({ dest: 1, sync: true })
}
