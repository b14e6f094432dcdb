import type { ChildProcess } from 'node:child_process'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Kills a process when this one exits or receives a signal that can be caught. */
export function endWithParent(child: ChildProcess): void {
  const kill = () => child.kill('SIGKILL')
  const killAndEnd = (signal: NodeJS.Signals) => {
    kill()
    // The handler is already removed, so the signal now ends this process.
    process.kill(process.pid, signal)
  }
  process.once('exit', kill)
  for (const signal of SIGNALS) process.once(signal, killAndEnd)
  child.once('exit', () => {
    process.off('exit', kill)
    for (const signal of SIGNALS) process.off(signal, killAndEnd)
  })
}
