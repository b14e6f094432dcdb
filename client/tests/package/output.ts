import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * What a command writes. It knows nothing of an npm or a coverage around the tests.
 * @throws Error with all that it wrote, where it fails
 */
export async function output(command: string, args: string[], cwd: string): Promise<string> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_(OPTIONS|V8_COVERAGE)$)/i.test(name)),
  )
  try {
    return (await run(command, args, { cwd, env })).stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error })
  }
}
