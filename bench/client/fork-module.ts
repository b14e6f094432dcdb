import { type ChildProcess, fork } from 'node:child_process'
import { tmpdir } from 'node:os'

/** Runs a module in a new process without this environment, which could change a library's defaults. */
export const forkModule = (module: URL, args: string[] = [], nodeArgs: string[] = []): ChildProcess =>
  fork(module, args, {
    execArgv: ['--import', import.meta.resolve('tsx'), ...nodeArgs],
    env: { TMPDIR: tmpdir() },
  })
