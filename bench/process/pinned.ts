import { spawnSync } from 'node:child_process'
import type { Command } from './command.ts'

/** The command kept to one CPU, or undefined where none is asked for or the machine has no `taskset`. */
export function pinned({ file, args, ...rest }: Command, cpu: number | undefined): Command | undefined {
  if (cpu === undefined || spawnSync('taskset', ['--version']).status !== 0) return undefined
  return { file: 'taskset', args: ['-c', String(cpu), file, ...args], ...rest }
}
