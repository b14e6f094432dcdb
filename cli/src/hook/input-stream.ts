import { fstatSync } from 'node:fs'

/** What is read of standard input. */
export interface InputStream {
  /** @param onChunk gets each piece of data @param onEnd is called once, also after an error */
  read(onChunk: (chunk: Buffer) => void, onEnd: () => void): void
}

/** The parts of Node's own handle that are used; they are not documented. */
interface PipeHandle {
  onread: (this: unknown, buffer: ArrayBuffer | undefined) => void
  open(fd: number): number
  readStart(): number
  close(): void
}
interface Bindings {
  pipe_wrap: { Pipe: new (type: number) => PipeHandle; constants: { SOCKET: number } }
  stream_wrap: { streamBaseState: Int32Array; kReadBytesOrError: number }
}

/**
 * Standard input without `process.stdin`, which takes 4 of the 10 ms that a hook may take: it loads all of Node's streams.
 * `fs.readSync` would wait forever for an input that is never closed.
 * Node's deprecated, but still used, `process.binding` has the handle below them. Undefined if that cannot be used: then
 * `process.stdin` is.
 */
export function openPipe(fd: number): InputStream | undefined {
  if (process.platform === 'win32') return undefined
  const kind = fstatSync(fd)
  // Anything else would abort the process.
  if (!kind.isFIFO() && !kind.isSocket()) return undefined
  try {
    const { binding } = process as unknown as { binding: <Name extends keyof Bindings>(name: Name) => Bindings[Name] }
    const { Pipe, constants } = binding('pipe_wrap')
    const { streamBaseState, kReadBytesOrError } = binding('stream_wrap')
    if (!(streamBaseState instanceof Int32Array) || typeof kReadBytesOrError !== 'number') return undefined
    const handle = new Pipe(constants.SOCKET)
    if (handle.open(fd) !== 0) return undefined
    return {
      read(onChunk, onEnd) {
        handle.onread = (buffer) => {
          if ((streamBaseState[kReadBytesOrError] ?? -1) > 0 && buffer) onChunk(Buffer.from(buffer))
          else {
            handle.close()
            onEnd()
          }
        }
        if (handle.readStart() !== 0) onEnd()
      },
    }
  } catch {
    return undefined
  }
}

/** Standard input. */
export const openInput = (fd: number): InputStream => openPipe(fd) ?? toInputStream(process.stdin)

/** Any stream. */
export const toInputStream = (stream: NodeJS.ReadableStream): InputStream => ({
  read(onChunk, onEnd) {
    stream.on('data', onChunk)
    stream.once('end', onEnd)
    stream.once('error', onEnd)
  },
})
