import { spawnSync } from 'node:child_process'

/** Whether Prometheus' checker is installed (Debian: package `prometheus`). */
export const hasPromtool = spawnSync('promtool', ['--version']).status === 0

/** Runs promtool; returns its exit code and output. */
export function promtool(...args: string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' })
  return { code: status, output: stdout + stderr }
}
