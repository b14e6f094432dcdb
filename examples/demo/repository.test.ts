import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { openRepository } from './repository.ts'
import { git, repositoryOf, temporaryFolder } from './testing/temporary-repository.ts'

test('a clone elsewhere is the same workspace', async () => {
  const original = repositoryOf([{}, {}])
  const clone = join(temporaryFolder(), 'elsewhere')
  git(original, ['clone', '--quiet', original, clone])
  const [a, b] = [await openRepository(original), await openRepository(clone)]
  expect(b?.workspaceId).toBe(a?.workspaceId)
  expect(a?.workspaceId).toBe(`git-${git(original, ['rev-list', '--max-parents=0', 'main'])}`)
})

test('merging a foreign history does not change the workspace', async () => {
  const before = await openRepository(repositoryOf([{}, {}]))
  const foreign = {
    parents: [],
    author: 'Old <old@example.com> 1000000000 +0000',
    committer: 'Old <o> 1000000000 +0000',
  }
  const after = await openRepository(repositoryOf([{}, {}, foreign, { parents: [2, 3] }]))
  expect(after?.workspaceId).toBe(before?.workspaceId)
})

test('a shallow clone knows where it ends', async () => {
  const original = repositoryOf([{}, {}, {}])
  const clone = join(temporaryFolder(), 'shallow')
  git(original, ['clone', '--quiet', '--depth=2', String(pathToFileURL(original)), clone])
  const shallow = await openRepository(clone)
  expect(shallow?.boundary).toContain(git(original, ['rev-parse', 'main~1']))
})

test.each([
  ['https://ada:secret@git.example.com/shop.git', 'https://git.example.com/shop.git'],
  ['ssh://git@git.example.com/shop.git', 'ssh://git@git.example.com/shop.git'],
  ['git@git.example.com:shop.git', 'git@git.example.com:shop.git'],
])('of the remote %s is told %s', async (remote, told) => {
  const folder = repositoryOf([{}])
  git(folder, ['remote', 'add', 'origin', remote])
  expect((await openRepository(folder))?.remoteUrl).toBe(told)
})

test('a repository without commits is none yet', async () => {
  const folder = temporaryFolder()
  git(folder, ['init', '--quiet'])
  expect(await openRepository(folder)).toBeUndefined()
})

test.each(['', 'missing'])('a folder without a repository is refused (%s)', async (name) => {
  await expect(openRepository(join(temporaryFolder(), name))).rejects.toThrow(
    /is not a git repository that can be read/,
  )
})
