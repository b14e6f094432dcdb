import type { InputStream } from './input-stream.ts'

/** Why there is nothing to read, for the log; it never repeats the input. */
class UnusableInput extends Error {}

export interface InputLimits {
  maxBytes: number
  /** How long to wait for the end of the input. */
  timeoutMs: number
  /** How long nothing may arrive before a whole object is taken without waiting for the end. */
  pauseMs: number
}

/**
 * Reads a JSON object. Waits for the end of the input even if there is too much, so that the writer meets no closed pipe, but
 * only within the time limit; what has arrived by then is taken for the whole.
 * @throws UnusableInput
 */
export async function readInput(stream: InputStream, limits: InputLimits): Promise<object> {
  const { chunks, bytes } = await collect(stream, limits)
  if (bytes > limits.maxBytes) throw new UnusableInput(`more than ${limits.maxBytes} bytes on standard input`)
  if (bytes === 0) throw new UnusableInput('nothing on standard input')
  const value = parse(chunks)
  if (value === undefined) throw new UnusableInput(`${bytes} bytes on standard input are not JSON`)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new UnusableInput(`${bytes} bytes on standard input are not a JSON object`)
}

function collect(stream: InputStream, { maxBytes, timeoutMs, pauseMs }: InputLimits) {
  const chunks: Buffer[] = []
  let bytes = 0
  let pause: ReturnType<typeof setTimeout> | undefined
  return new Promise<{ chunks: Buffer[]; bytes: number }>((resolve) => {
    const end = () => {
      clearTimeout(timer)
      clearTimeout(pause)
      resolve({ chunks, bytes })
    }
    const endIfWhole = () => {
      if (bytes <= maxBytes && parse(chunks) !== undefined) end()
    }
    const timer = setTimeout(end, timeoutMs)
    stream.read((chunk) => {
      bytes += chunk.length
      if (bytes <= maxBytes) chunks.push(chunk)
      else chunks.length = 0
      clearTimeout(pause)
      pause = setTimeout(endIfWhole, pauseMs)
    }, end)
  })
}

/** Undefined if it is no JSON. */
function parse(chunks: readonly Buffer[]): unknown {
  try {
    return JSON.parse(
      Buffer.concat(chunks)
        .toString('utf8')
        .replace(/^\uFEFF/, ''),
    )
  } catch {
    return undefined
  }
}
