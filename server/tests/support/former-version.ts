import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { cachedFolder } from './cached-folder.ts'

const run = promisify(execFile)

/** The last commit before sessions could start offline. Its data and clients are still in use. */
const FORMER_COMMIT = 'cc24083'

/** Whether it can be installed here; if not, logs that tests are skipped. */
export function hasFormerVersion(): boolean {
  try {
    execFileSync('git', ['cat-file', '-e', FORMER_COMMIT], { stdio: 'ignore' })
    return true
  } catch {
    process.stdout.write('skipped: tests with another version of the project (this clone has no history)\n')
    return false
  }
}

/** Installs the project as it was at that commit, from the history. Returns its folder. */
export const installFormerVersion = (): Promise<string> =>
  cachedFolder(`achilles-${FORMER_COMMIT}`, async (folder) => {
    await run('sh', ['-c', `git archive ${FORMER_COMMIT} | tar -x -C "$0"`, folder])
    const workspaces = ['shared', 'server', 'client'].flatMap((name) => ['--workspace', name])
    await run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', ...workspaces], {
      cwd: folder,
      maxBuffer: 2 ** 26,
    })
  })
