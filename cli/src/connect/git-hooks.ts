import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { findRepository } from '../project/find-repository.ts'
import { git } from '../project/git.ts'
import { type Program, toShellCommand } from './command-line.ts'
import { SettingsError } from './json-settings.ts'

const BEGIN = '# achilles: begin'
const END = '# achilles: end'

/** What each hook passes on beside git's own arguments. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  'post-commit': '"$(git rev-parse HEAD)" "$(git show --format= --shortstat HEAD)" "$(git branch --show-current)"',
  'post-merge': '"$(git rev-parse HEAD)" "$(git show --format= --shortstat HEAD)" "$(git branch --show-current)"',
}

/** Where git looks for the hooks of a repository. */
export interface GitHooks {
  folder: string
  /** Whether the folder is in the working tree, where it may be committed. */
  isInWorkTree: boolean
}

/** Follows `core.hooksPath`. @throws SettingsError outside of a repository */
export async function findGitHooks(cwd: string): Promise<GitHooks> {
  const repository = findRepository(cwd)
  const path = repository && (await git(cwd, 'rev-parse', '--git-path', 'hooks'))
  if (!repository || path === undefined) throw new SettingsError(`${cwd} is in no git repository`)
  const folder = resolve(cwd, path)
  const inWorkTree = relative(repository.workTree, folder)
  const isInGitDir = !relative(repository.gitDir, folder).startsWith('..')
  return { folder, isInWorkTree: !inWorkTree.startsWith('..') && !isInGitDir }
}

export const toHookFile = ({ folder }: GitHooks, event: string): string => join(folder, event)

/**
 * Adds a block to a hook, right after its first line: before anything that may exit. The block never fails, prints nothing
 * and takes none of the hook's standard input.
 * @throws SettingsError if the hook is no shell script
 */
export function addGitHook(file: string, event: string, text: string, program: Program): string {
  const without = removeGitHook(text)
  const [first = ''] = without.split('\n')
  if (text !== '' && first.startsWith('#!') && !/\b(?:ba|da|z|k|a)?sh\b/.test(first)) {
    throw new SettingsError(`${file} is no shell script: call \`achilles hook git ${event}\` from it`)
  }
  if (existsSync(file) && process.platform !== 'win32' && (statSync(file).mode & 0o111) === 0) {
    throw new SettingsError(`${file} is not executable, so git ignores it: make it executable, or remove it`)
  }
  const [executable = ''] = program
  const command = toShellCommand(program, 'hook', 'git', event)
  const block = [
    BEGIN,
    `[ -x ${toShellCommand([executable])} ] && ${command} ${ARGUMENTS[event] ?? '"$@"'} </dev/null >/dev/null 2>&1 || true`,
    END,
  ]
  const lines = without === '' ? ['#!/bin/sh', ''] : without.split('\n')
  const at = lines[0]?.startsWith('#!') ? 1 : 0
  return [...lines.slice(0, at), ...block, ...lines.slice(at)].join('\n')
}

/** Empty if nothing else was in the hook. */
export function removeGitHook(text: string): string {
  const lines = text.split('\n')
  const begin = lines.indexOf(BEGIN)
  const end = lines.indexOf(END, begin)
  if (begin < 0 || end < 0) return text
  const kept = [...lines.slice(0, begin), ...lines.slice(end + 1)]
  return kept.join('\n').replace(/^#!\/bin\/sh\s*$/, '')
}

/** Empty if there is no such hook. */
export const readHook = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')
