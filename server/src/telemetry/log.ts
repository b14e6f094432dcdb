import { fstatSync, write as fsWrite, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino'
import { PinoPretty } from 'pino-pretty'

export type Log = Logger

const FLUSH_MS = 1_000

/** Never pass it bodies, keys or tokens. @param base fields added to every line */
export function createLog(
  level: LevelWithSilent,
  destination: DestinationStream = standardStream(1),
  base: Readonly<Record<string, unknown>> | null = null,
): Log {
  return pino({ level, base, timestamp: pino.stdTimeFunctions.isoTime }, destination)
}

/** Resolves once all lines are written, or after a second: a stalled reader must not block an exit. */
export function flushLog(log: Log): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, FLUSH_MS)
    log.flush(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

const MINUTE_MS = 60_000

/** Limits messages to one per key and minute. @param now a monotonic clock, in milliseconds */
export function oncePerMinute(now: () => number = () => performance.now()): (key: string) => boolean {
  const last = new Map<string, number>()
  return function isDue(key) {
    const at = now()
    const before = last.get(key)
    if (before !== undefined && at - before < MINUTE_MS) return false
    last.set(key, at)
    return true
  }
}

/** Further lines are dropped. */
const MAX_WAITING_BYTES = 1024 * 1024

/** Writes up to this size from several processes do not interleave in a file. */
const MAX_WRITE_BYTES = 4096

export interface LogStream extends DestinationStream {
  /** Calls back once all previous lines are written. Absent if lines are written synchronously. */
  flush?(written: () => void): void
}

let dropped = 0

export const droppedLogLines = (): number => dropped

/** Never blocks on a slow reader: buffers up to 1 MiB, then drops lines, and logs how many once there is room. */
export function standardStream(fd: 1 | 2): LogStream {
  if (isatty(fd)) return toTerminal(fd)
  const stats = fstatSync(fd)
  return stats.isFIFO() || stats.isSocket() ? toPipe(fd) : toFile(fd)
}

/**
 * Uses Node's own streams, which never block on a pipe. An `fs.write` would block in a pool thread, which
 * `process.exit` waits for: no signal could end a process whose reader has stopped.
 */
function toPipe(fd: 1 | 2): LogStream {
  const stream = fd === 1 ? process.stdout : process.stderr
  const drops = countDrops((line) => stream.write(line))
  const onWritten = (error?: Error | null) => {
    if (error) drops.add()
  }
  // The reader is gone (EPIPE): the callback of each line gets the error as well.
  stream.on('error', () => {})
  stream.on('drain', drops.report)
  return {
    write(line) {
      if (!stream.writable || stream.writableLength > MAX_WAITING_BYTES) drops.add()
      else stream.write(line, onWritten)
    },
    flush(written) {
      if (stream.writable && stream.writableLength > 0) stream.write('', written)
      else written()
    },
  }
}

/**
 * Writes asynchronously, and the rest at exit. Retries a failed write with the next line. pino's destination retries
 * forever at exit: a full disk would keep the process alive.
 */
function toFile(fd: 1 | 2): LogStream {
  let lines: string[] = []
  let waiting = 0
  let current = Buffer.alloc(0)
  let writing = false
  let failed = false
  let onEmpty: (() => void)[] = []

  function takeNext(): void {
    let text = ''
    let count = 0
    for (const line of lines) {
      if (count > 0 && text.length + line.length > MAX_WRITE_BYTES) break
      text += line
      count++
    }
    lines = lines.slice(count)
    waiting -= text.length
    current = Buffer.from(text)
  }

  function writeOn(): void {
    if (current.length === 0) takeNext()
    if (current.length === 0) {
      for (const written of onEmpty) written()
      onEmpty = []
      return
    }
    writing = true
    fsWrite(fd, current, (error, bytes) => {
      writing = false
      failed = error !== null
      if (failed) return
      current = current.subarray(bytes)
      if (waiting < MAX_WAITING_BYTES / 2) drops.report()
      writeOn()
    })
  }

  const add = (line: string) => {
    lines.push(line)
    waiting += line.length
  }
  const drops = countDrops(add)
  process.once('exit', () => {
    if (failed) return
    try {
      writeSync(fd, Buffer.concat([writing ? Buffer.alloc(0) : current, Buffer.from(lines.join(''))]))
    } catch {
      // An exit must not fail because a disk is full.
    }
  })
  return {
    write(line) {
      if (waiting > MAX_WAITING_BYTES) drops.add()
      else add(line)
      if (!writing) writeOn()
    },
    flush(written) {
      if (writing) onEmpty.push(written)
      else written()
    },
  }
}

const toTerminal = (fd: 1 | 2): LogStream =>
  PinoPretty({
    sync: true,
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
    destination: fd,
    ignore: FORMATTED_FIELDS.join(','),
    messageFormat: formatLogLine,
  })

function countDrops(write: (line: string) => unknown) {
  let unreported = 0
  return {
    add() {
      dropped++
      unreported++
    },
    report() {
      if (unreported === 0) return
      const entry = { level: pino.levels.values.warn, time: new Date().toISOString(), dropped: unreported }
      unreported = 0
      write(`${JSON.stringify({ ...entry, msg: 'Log lines were dropped: the log destination did not accept them' })}\n`)
    },
  }
}

const FORMATTED_FIELDS = [
  'surface',
  'procedure',
  'status',
  'code',
  'duration_ms',
  'core_attempts',
  'principal',
] as const

/** Shows the main fields of a request, or the message of any other line. */
export function formatLogLine(line: Record<string, unknown>, messageKey: string): string {
  const { surface, procedure, status, code, duration_ms, core_attempts, principal } = line
  if (surface === undefined) return String(line[messageKey] ?? '')
  const attempts = Number(core_attempts) > 1 ? `${core_attempts} attempts` : undefined
  const duration = `${Number(duration_ms).toFixed(Number(duration_ms) < 10 ? 1 : 0)} ms`
  const words = [surface, procedure, status, code, duration, attempts, principal]
  return words.filter((word) => word !== undefined).join(' ')
}
