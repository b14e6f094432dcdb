import { execFile } from 'node:child_process'

const TIMEOUT_MS = 10_000

/** The output of a git command; undefined if it fails, takes longer than ten seconds, or git is not installed. */
export function git(folder: string, ...args: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(
      'git',
      ['-C', folder, ...args],
      { timeout: TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: 8 * 2 ** 20, windowsHide: true },
      (error, output) => resolve(error ? undefined : output.trim()),
    )
  })
}
