import { constants, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** What a file held when it was read. */
interface FileContent {
  bytes: Buffer
  stats: Stats
}

/** Reads one file, again and again. */
export interface FileReader {
  /** @throws Error that names the file and why it cannot be read. */
  read(): Promise<FileContent>
}

interface ReadLimits {
  maxBytes: number
  /** How long a read may take, in milliseconds. */
  timeoutMs: number
}

// Without O_NONBLOCK, opening a FIFO waits for its writer. Windows has neither flag.
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)
const CHUNK_BYTES = 1024 * 1024
/** A read that has taken this long is not waited for when the process exits. */
const STUCK_AFTER_MS = 1_000

/**
 * Reads the regular file at `path`. A read that a file system never ends, as on a dead mount, is an error after
 * `timeoutMs`; no second one is started beside it, and it does not keep the process.
 */
export function createFileReader(path: string, { maxBytes, timeoutMs }: ReadLimits): FileReader {
  let pending: Promise<FileContent> | undefined

  function start(): Promise<FileContent> {
    const startedAt = performance.now()
    // Node's exit waits for every thread of its pool, so also for one that a file system holds for ever.
    const endStuckProcess = () => {
      if (performance.now() - startedAt > STUCK_AFTER_MS) process.kill(process.pid, 'SIGKILL')
    }
    process.on('exit', endStuckProcess)
    return readOnce(path, maxBytes).finally(() => {
      process.off('exit', endStuckProcess)
      pending = undefined
    })
  }

  return {
    async read() {
      pending ??= start()
      try {
        return await withTimeout(pending, timeoutMs)
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        throw new Error(`${path}: cannot be read (${code ?? message})`)
      }
    },
  }
}

async function readOnce(path: string, maxBytes: number): Promise<FileContent> {
  const file = await open(path, OPEN_FLAGS)
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new Error('not a regular file')
    return { bytes: await readAtMost(file, maxBytes), stats }
  } finally {
    await file.close()
  }
}

// By bytes read, not by the size that was reported: a file may grow meanwhile.
async function readAtMost(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: CHUNK_BYTES })) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function withTimeout<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no response within ${ms / 1000} s`)), ms).unref()
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
