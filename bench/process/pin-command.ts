import { spawnSync } from 'node:child_process'
import type { Command } from './command.ts'

/** The command, pinned to one CPU; undefined if no CPU is given or the machine has no `taskset`. */
export function pinCommand({ file, args, ...rest }: Command, cpu: number | undefined): Command | undefined {
  if (cpu === undefined || spawnSync('taskset', ['--version']).status !== 0) return undefined
  return { file: 'taskset', args: ['-c', String(cpu), file, ...args], ...rest }
}
