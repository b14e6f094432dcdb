import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024

/** Runs a program to its end. @throws Error with what it wrote, if its exit code is not 0 */
export const run = (
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ stdout: string }> =>
  promisify(execFile)(program, args, { env: { ...process.env, ...environment }, maxBuffer: MAX_OUTPUT_BYTES })
