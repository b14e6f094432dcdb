import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findRepository } from './find-repository.ts'
import { identify, toRepositoryName, withoutCredentials } from './identify.ts'

function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'achilles-identify-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function git(cwd: string, ...args: string[]): void {
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'protocol.file.allow=always']
  execFileSync('git', [...identity, ...args], { cwd, stdio: 'pipe' })
}

function createRepository(path: string, ...remote: string[]): string {
  mkdirSync(path, { recursive: true })
  git(path, 'init', '-q')
  git(path, 'commit', '-q', '--allow-empty', '-m', 'one')
  for (const url of remote) git(path, 'remote', 'add', 'origin', url)
  return path
}

test('the project is the root of the repository', async () => {
  const root = createRepository(join(temporaryFolder(), 'checkout'), 'git@example.com:shop/checkout.git')
  mkdirSync(join(root, 'src/deep'), { recursive: true })
  git(root, 'config', 'user.email', 'ada@example.com')
  expect(await identify(join(root, 'src/deep'), {})).toEqual({
    workspace_id: 'shop/checkout',
    workspace_root: root,
    vcs_remote_url: 'git@example.com:shop/checkout.git',
    user_id: 'ada@example.com',
  })
})

test('a folder that is gone belongs to the repository around it', () => {
  const root = createRepository(join(temporaryFolder(), 'checkout'))
  expect(findRepository(join(root, 'no/such/folder'))?.root).toBe(root)
})

test('a linked worktree belongs to the project of its repository', async () => {
  const folder = temporaryFolder()
  const root = createRepository(join(folder, 'checkout'), 'https://example.com/shop/checkout')
  git(root, 'worktree', 'add', '-q', join(folder, 'other'))
  expect(findRepository(join(folder, 'other'))).toMatchObject({ root, workTree: join(folder, 'other') })
  expect(await identify(join(folder, 'other'), {})).toMatchObject({
    workspace_id: 'shop/checkout',
    workspace_root: root,
  })
})

test('a worktree of a bare repository is its own root', () => {
  const folder = temporaryFolder()
  const root = createRepository(join(folder, 'checkout'))
  git(folder, 'clone', '-q', '--bare', root, 'bare.git')
  git(join(folder, 'bare.git'), 'worktree', 'add', '-q', '-b', 'other', join(folder, 'other'))
  expect(findRepository(join(folder, 'other'))?.root).toBe(join(folder, 'other'))
})

test('a submodule is a project of its own', () => {
  const folder = temporaryFolder()
  const library = createRepository(join(folder, 'library'))
  const root = createRepository(join(folder, 'checkout'))
  git(root, 'submodule', 'add', '-q', library, 'vendor/library')
  expect(findRepository(join(root, 'vendor/library'))?.root).toBe(join(root, 'vendor/library'))
})

test('without a repository the folder is the project', async () => {
  const folder = join(temporaryFolder(), 'notes')
  mkdirSync(folder)
  expect(await identify(folder, {}, 'grace')).toEqual({
    workspace_id: 'notes',
    workspace_root: folder,
    user_id: 'grace',
  })
})

test('what the user chose comes first', async () => {
  expect(await identify('/nowhere', { workspace: 'ws', user: 'ada' }, 'grace')).toMatchObject({
    workspace_id: 'ws',
    user_id: 'ada',
  })
})

test.each([
  ['https://example.com/shop/checkout.git', 'shop/checkout'],
  ['https://ada:token@example.com/group/shop/checkout', 'shop/checkout'],
  ['ssh://git@example.com:22/shop/checkout.git', 'shop/checkout'],
  ['git@example.com:shop/checkout.git', 'shop/checkout'],
  ['git@example.com:checkout', 'checkout'],
  ['/srv/git/checkout.git', 'git/checkout'],
  ['', undefined],
])('the name of %s', (url, name) => {
  expect(toRepositoryName(url)).toBe(name)
})

test('a token in a remote goes nowhere', () => {
  expect(withoutCredentials('https://ada:token@example.com/a/b')).toBe('https://example.com/a/b')
  expect(withoutCredentials('git@example.com:a/b')).toBe('git@example.com:a/b')
})
