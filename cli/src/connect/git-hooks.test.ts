import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { addGitHook, findGitHooks, removeGitHook } from './git-hooks.ts'

const PROGRAM = ['/usr/bin/node', '/opt/achilles.cjs']

function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'achilles-git-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const git = (cwd: string, ...args: string[]) => execFileSync('git', args, { cwd, stdio: 'pipe' })

test('hooks are where git looks for them', async () => {
  const folder = temporaryFolder()
  git(folder, 'init', '-q')
  mkdirSync(join(folder, 'src'))
  expect(await findGitHooks(join(folder, 'src'))).toEqual({ folder: join(folder, '.git/hooks'), isInWorkTree: false })
  git(folder, 'config', 'core.hooksPath', '.githooks')
  expect(await findGitHooks(folder)).toEqual({ folder: join(folder, '.githooks'), isInWorkTree: true })
  git(folder, 'config', 'core.hooksPath', '/elsewhere/hooks')
  expect(await findGitHooks(folder)).toEqual({ folder: '/elsewhere/hooks', isInWorkTree: false })
})

test('outside of a repository the folder is named', async () => {
  const folder = temporaryFolder()
  await expect(findGitHooks(folder)).rejects.toThrow(`${folder} is in no git repository`)
})

test('a new hook is a script that never fails', () => {
  const file = join(temporaryFolder(), 'post-commit')
  const text = addGitHook(file, 'post-commit', '', PROGRAM)
  writeFileSync(file, text)
  chmodSync(file, 0o755)
  expect(execFileSync(file, { stdio: 'pipe' }).toString()).toBe('')
  expect(addGitHook(file, 'post-commit', text, PROGRAM)).toBe(text)
  expect(removeGitHook(text).trim()).toBe('')
})

test.each([
  ['#!/bin/sh\necho mine\nexit 0\n'],
  ['#!/usr/bin/env bash\nset -euo pipefail\nexec mine "$@"'],
  ['echo without a first line\n'],
])('an existing hook stays as it is, after the block: %j', (text) => {
  const file = join(temporaryFolder(), 'post-checkout')
  writeFileSync(file, text, { mode: 0o755 })
  const added = addGitHook(file, 'post-checkout', text, PROGRAM)
  expect(added.indexOf('# achilles: end')).toBeLessThan(added.search(/echo|set|exec/))
  expect(addGitHook(file, 'post-checkout', added, PROGRAM)).toBe(added)
  expect(removeGitHook(added)).toBe(text)
})

test('a hook that is no shell script, or that git ignores, is left alone', () => {
  const file = join(temporaryFolder(), 'post-merge')
  expect(() => addGitHook(file, 'post-merge', '#!/usr/bin/env python3\n', PROGRAM)).toThrow('is no shell script')
  writeFileSync(file, '#!/bin/sh\n', { mode: 0o644 })
  expect(() => addGitHook(file, 'post-merge', '#!/bin/sh\n', PROGRAM)).toThrow('is not executable')
})
