import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { getCleanEnvironment } from '../../client/tests/package/installed-package.ts'

/** The environment without that of GitHub's own runs of these tests. */
export const getLocalEnvironment = () =>
  Object.fromEntries(Object.entries(getCleanEnvironment()).filter(([name]) => !name.startsWith('GITHUB_')))

export interface ScriptRun {
  code: number | null
  stdout: string
  stderr: string
  /** The command lines of the programs in `standIns`, in order. */
  calls: string[][]
}

/**
 * Runs a bash script with programs that are not installed, or that would reach other machines, replaced.
 * @param standIns by their names, what each does in shell; each call is recorded first
 */
export function runScript(
  folder: string,
  script: string,
  env: Record<string, string>,
  standIns: Readonly<Record<string, string>>,
): ScriptRun {
  const bin = join(folder, 'bin')
  const log = join(folder, 'calls')
  mkdirSync(bin, { recursive: true })
  writeFileSync(log, '')
  for (const [name, action] of Object.entries(standIns)) {
    // One line a call, its arguments ended by a unit separator.
    writeFileSync(join(bin, name), `#!/bin/sh\nprintf '%s\\037' ${name} "$@" >>'${log}'; echo >>'${log}'\n${action}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  const local = getLocalEnvironment()
  const { status, stdout, stderr } = spawnSync('/bin/bash', [script], {
    env: { ...local, ...env, PATH: [bin, env.PATH ?? local.PATH].join(delimiter) },
    encoding: 'utf8',
  })
  const calls = readFileSync(log, 'utf8').split('\n').filter(Boolean)
  return { code: status, stdout, stderr, calls: calls.map((line) => line.split('\u001f').slice(0, -1)) }
}
