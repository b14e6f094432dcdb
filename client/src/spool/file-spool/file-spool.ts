import { checkOptions, count, FUNCTION, type KnownKeys, type Rules } from '../../check-options.ts'
import { badRequest } from '../../gateway-error.ts'
import { notify } from '../../notify.ts'
import { type Spool, type SpoolEntry, toEntryKey } from '../spool.ts'
import { writeLines } from './segment.ts'
import { SegmentLog } from './segment-log.ts'

/** Options of `fileSpool`. */
export interface FileSpoolOptions {
  /** The maximum size on disk, in bytes; beyond it, `append` rejects. @default 256 MiB */
  maxBytes?: number | undefined
  /** The size at which the next file is started, in bytes. @default 256 KiB */
  segmentBytes?: number | undefined
  /** Called if a file of another run is damaged; the complete file is kept as `file`, for inspection. */
  onDamage?: ((file: string) => void) | undefined
}

const OPTIONS: KnownKeys<FileSpoolOptions> = { maxBytes: true, segmentBytes: true, onDamage: true }
const RULES: Rules<FileSpoolOptions> = { maxBytes: count(1), segmentBytes: count(1), onDamage: FUNCTION }

/** Appends that share one write to disk. */
class Batch {
  readonly lines: Buffer[] = []
  readonly entries: SpoolEntry[] = []
  bytes = 0
  written: Promise<void> = Promise.resolve()
}

/**
 * Stores entries in files in `dir`, which is created if missing and which several processes may share. Once `append`
 * resolves, they survive a crash of the process and of the machine. Errors name `dir`.
 * @throws GatewayError naming each unknown or invalid option.
 */
export function fileSpool(dir: string, options: FileSpoolOptions = {}): Spool {
  if (typeof dir !== 'string' || dir === '')
    throw badRequest([{ path: 'dir', message: 'must be the path of a directory' }])
  checkOptions(options, OPTIONS, RULES)
  const { maxBytes = 256 * 1024 ** 2, segmentBytes = 256 * 1024, onDamage } = options
  const log = new SegmentLog(dir, segmentBytes)
  const queue = serialQueue()
  let nextBatch: Batch | undefined
  let unwrittenBytes = 0
  let closed: Promise<void> | undefined

  const perform = <T>(what: string, task: () => Promise<T>): Promise<T> =>
    queue(task).catch((cause: Error) => {
      throw new Error(`cannot ${what} ${dir}: ${cause.message}`, { cause })
    })

  function requireOpen(): void {
    if (closed) throw new Error(`the event spool ${dir} is closed`)
  }

  /** Appends during a write share the next one. */
  function getCurrentBatch(): Batch {
    if (nextBatch && nextBatch.bytes < segmentBytes) return nextBatch
    const batch = new Batch()
    batch.written = perform('keep events in', async () => {
      if (nextBatch === batch) nextBatch = undefined
      try {
        await log.append(Buffer.concat(batch.lines), batch.entries)
      } finally {
        unwrittenBytes -= batch.bytes
      }
    })
    nextBatch = batch
    return batch
  }

  return {
    durable: true,
    async append(entries) {
      requireOpen()
      if (entries.length === 0) return
      const lines = writeLines(entries)
      if (log.bytes + unwrittenBytes + lines.length > maxBytes) {
        throw new Error(`the event spool ${dir} is full: it may keep ${maxBytes} bytes`)
      }
      const batch = getCurrentBatch()
      batch.lines.push(lines)
      batch.entries.push(...entries)
      batch.bytes += lines.length
      unwrittenBytes += lines.length
      await batch.written
    },
    async remove(entries) {
      requireOpen()
      await perform('remove events from', () => log.remove(entries.map(toEntryKey)))
    },
    async recover() {
      requireOpen()
      for (;;) {
        const taken = await perform('recover events from', () => log.takeOver())
        if (!taken) return []
        for (const { damage } of taken) if (damage) notify(onDamage, damage)
        const entries = taken.flatMap((segment) => segment.entries)
        if (entries.length > 0) return entries
      }
    },
    close() {
      closed ??= perform('close', () => log.close())
      return closed
    },
  }
}

/** A task that fails does not stop the queue. */
function serialQueue(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const result = last.then(task)
    last = result.catch(() => {})
    return result
  }
}
