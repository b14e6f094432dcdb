import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'

/** What git said, in one line, when it could not do what it was asked to. */
export class GitError extends Error {
  override readonly name = 'GitError'
}

/**
 * Runs git in a folder and streams what it prints; a consumer that stops early ends it.
 * @throws GitError when git is missing or ends with a fault.
 */
export async function* streamGit(
  folder: string,
  args: readonly string[],
  input: Iterable<string> = [],
): AsyncGenerator<Buffer> {
  const child = spawn('git', ['-C', folder, ...args])
  const ended = once(child, 'close').catch((cause: Error) => {
    throw new GitError(`git cannot be run: ${cause.message}`, { cause })
  })
  ended.catch(() => {})
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (complaint.length < 2000) complaint += text
  })
  // When git stops reading, its exit code and complaint say why.
  child.stdin.on('error', () => {})
  Readable.from(input).pipe(child.stdin)
  try {
    for await (const chunk of child.stdout) yield chunk
    const [code, signal] = await ended
    if (code !== 0) throw new GitError(complaint.trim().split('\n')[0] || `git ${args[0]} ended with ${code ?? signal}`)
  } finally {
    child.kill()
  }
}

/**
 * What git prints, without the white space around it.
 * @throws GitError as `streamGit` does.
 */
export async function gitText(folder: string, ...args: string[]): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of streamGit(folder, args)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8').trim()
}

/** The pieces between the NUL bytes of a stream, as bytes: git knows no encoding of a path. */
export async function* splitAtNul(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = []
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(0); end !== -1; end = chunk.indexOf(0, start)) {
      const piece = chunk.subarray(start, end)
      yield begun.length === 0 ? piece : Buffer.concat([...begun, piece])
      begun = []
      start = end + 1
    }
    if (start < chunk.length) begun.push(chunk.subarray(start))
  }
  if (begun.length > 0) yield Buffer.concat(begun)
}
