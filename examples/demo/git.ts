import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'

export class GitError extends Error {
  override readonly name = 'GitError'
}

/** Streams the output of git; a consumer that stops early ends it. @throws GitError if git is missing or fails. */
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
  // If git stops reading, its exit code and stderr contain the reason.
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

export async function gitText(folder: string, ...args: string[]): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of streamGit(folder, args)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8').trim()
}

/** Yields bytes, since paths in git have no encoding. */
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
