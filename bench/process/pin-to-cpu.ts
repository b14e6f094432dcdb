import { spawnSync } from 'node:child_process'

/** Pins all threads of this process to one CPU; false if the machine has no `taskset`. */
export const pinToCpu = (cpu: number): boolean =>
  spawnSync('taskset', ['--all-tasks', '--pid', '--cpu-list', String(cpu), String(process.pid)]).status === 0
