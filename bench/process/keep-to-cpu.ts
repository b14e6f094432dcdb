import { spawnSync } from 'node:child_process'

/** Keeps this process, all its threads, to one CPU; false where the machine has no `taskset`. */
export const keepToCpu = (cpu: number): boolean =>
  spawnSync('taskset', ['--all-tasks', '--pid', '--cpu-list', String(cpu), String(process.pid)]).status === 0
