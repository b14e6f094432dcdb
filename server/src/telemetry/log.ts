import { isatty } from 'node:tty'
import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino'
import { PinoPretty } from 'pino-pretty'
import { readableRequest, TOLD_IN_WORDS } from './readable-request.ts'

export type Log = Logger

/** One pipe takes this much from several processes without mixing their lines (PIPE_BUF). */
const MAX_WRITE_BYTES = 4096

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

/** Standard output (1) or error (2). A reader that is slow holds nobody up; what is unwritten at exit is written then. */
export function standardStream(fd: 1 | 2): DestinationStream {
  return isatty(fd) ? readable(fd) : pino.destination({ dest: fd, sync: false, maxWrite: MAX_WRITE_BYTES })
}

const readable = (fd: 1 | 2) =>
  PinoPretty({
    sync: true,
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
    destination: fd,
    ignore: TOLD_IN_WORDS.join(','),
    messageFormat: readableRequest,
  })
