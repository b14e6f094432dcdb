import { constants, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

interface FileContent {
  bytes: Buffer
  stats: Stats
}

export interface FileReader {
  /** @throws Error that names the file and why it cannot be read. */
  read(): Promise<FileContent>
}

interface ReadLimits {
  maxBytes: number
  timeoutMs: number
}

// Without O_NONBLOCK, opening a FIFO waits for its writer. Windows has neither flag.
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)
const CHUNK_BYTES = 1024 * 1024
/** A read that has taken longer must not delay the exit of the process. */
const STUCK_AFTER_MS = 1_000

/**
 * Reads a regular file. A read that never completes, e.g. on a dead mount, fails after `timeoutMs`. No second read
 * starts while one is pending, and a pending read does not keep the process alive.
 */
export function createFileReader(path: string, { maxBytes, timeoutMs }: ReadLimits): FileReader {
  let pending: Promise<FileContent> | undefined

  function start(): Promise<FileContent> {
    const startedAt = performance.now()
    // At exit, Node waits for its thread pool, including a thread that is blocked in the file system.
    const killIfStuck = () => {
      if (performance.now() - startedAt > STUCK_AFTER_MS) process.kill(process.pid, 'SIGKILL')
    }
    process.on('exit', killIfStuck)
    return readOnce(path, maxBytes).finally(() => {
      process.off('exit', killIfStuck)
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

// Counts the bytes read, since the file may grow after `stat`.
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
