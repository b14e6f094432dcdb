import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { GitError } from './git.ts'
import { readHistory } from './git-history.ts'
import { openRepository, type Repository } from './repository.ts'
import { collect } from './testing/collect.ts'
import { git, repositoryOf, temporaryFolder } from './testing/temporary-repository.ts'

async function open(folder: string): Promise<Repository> {
  const repository = await openRepository(folder)
  if (!repository) throw new Error('no commits')
  return repository
}

async function historyOf(
  folder: string,
  shas = git(folder, ['rev-list', '--reverse', '--date-order', 'main']).split('\n'),
) {
  const changes = await collect(readHistory(await open(folder), shas))
  return changes.map((change) =>
    change.kind === 'commit'
      ? `${change.subject} ^${change.parents}`
      : `${change.path.toString('latin1')} ${change.lines ? `+${change.lines.added} -${change.lines.removed}` : 'binary'}`,
  )
}

test('each commit follows the files it changed', async () => {
  const folder = repositoryOf([
    { files: { 'a.ts': '1\n2\n', 'b.bin': Buffer.from([0, 1, 2]) } },
    { subject: 'Move a\nto c\n\nwith a body', files: { 'a.ts': null, 'c.ts': '1\n2\n' } },
    { subject: 'Nothing' },
    { subject: 'fixup! Nothing', files: { 'c.ts': '1\n2\n3\n' } },
    { subject: 'Revert "Nothing"', parents: [3], files: { 'd.ts': '1' } },
    { subject: 'Merge', parents: [4, 5], files: { 'd.ts': '1' } },
  ])
  expect(await historyOf(folder)).toEqual([
    'a.ts +2 -0',
    'b.bin binary',
    'Commit 1 ^0',
    'a.ts +0 -2',
    'c.ts +2 -0',
    'Move a to c ^1',
    'Nothing ^1',
    'c.ts +1 -0',
    'fixup! Nothing ^1',
    'd.ts +1 -0',
    'Revert "Nothing" ^1',
    'Merge ^2',
  ])
})

test('commits come in the order asked for', async () => {
  const folder = repositoryOf([{ files: { a: '1' } }, { files: { b: '1' } }])
  const shas = git(folder, ['rev-list', 'main']).split('\n')
  expect(await historyOf(folder, shas)).toEqual(['b +1 -0', 'Commit 2 ^1', 'a +1 -0', 'Commit 1 ^0'])
})

test('paths and subjects hold any character, and any byte but NUL', async () => {
  const quoted = Buffer.from('M 100644 inline "\\377.ts"\ndata 1\nx\nM 100644 inline "\\376.ts"\ndata 1\nx\n')
  const folder = repositoryOf([
    { subject: '7\t8\tx', files: { 'line\nbreak': '1', 'tab\ttab': '1', ' "quote" \\': '1' }, lines: [quoted] },
    { subject: '', files: { '1\t2\tx': '1', 'a => b': '1', '{a => b}/c': '1' } },
  ])
  const history = await historyOf(folder)
  expect(history.map((line) => line.replace(' +1 -0', ''))).toEqual([
    ' "quote" \\',
    'line\nbreak',
    'tab\ttab',
    '\xfe.ts',
    '\xff.ts',
    '7\t8\tx ^0',
    '1\t2\tx',
    'a => b',
    '{a => b}/c',
    ' ^1',
  ])
})

test('a file that becomes a link is one change', async () => {
  const link = Buffer.from('M 120000 inline a\ndata 1\nb\n')
  expect(await historyOf(repositoryOf([{ files: { a: '1\n' } }, { lines: [link] }]))).toEqual([
    'a +1 -0',
    'Commit 1 ^0',
    'a +1 -1',
    'Commit 2 ^1',
  ])
})

test('settings of the user’s do not change what is read', async () => {
  const folder = repositoryOf([{ files: { a: '1\n2\n3\n' } }, { files: { a: null, b: '1\n2\n3\n' } }])
  const expected = await historyOf(folder)
  for (const [name, value] of [
    ['diff.renames', 'copies'],
    ['log.showRoot', 'false'],
    ['diff.relative', 'true'],
    ['core.quotePath', 'true'],
    ['color.ui', 'always'],
    ['diff.external', '/bin/false'],
    ['log.showSignature', 'true'],
    ['format.pretty', 'oneline'],
  ] as const) {
    git(folder, ['config', name, value])
  }
  expect(await historyOf(folder)).toEqual(expected)
})

test('the changes of the commits at which a shallow clone ends are not known', async () => {
  const original = repositoryOf([{ files: { a: '1' } }, { files: { b: '1' } }, { files: { c: '1' } }])
  const clone = join(temporaryFolder(), 'shallow')
  git(original, ['clone', '--quiet', '--depth=2', String(pathToFileURL(original)), clone])
  expect(await historyOf(clone)).toEqual(['Commit 2 ^0', 'c +1 -0', 'Commit 3 ^1'])
})

test('a commit of many files is streamed', async () => {
  const files = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`folder/file-${index}`, 'x\n']))
  expect(await historyOf(repositoryOf([{ files }]))).toHaveLength(5001)
})

test('a fault of git’s is thrown with what it said', async () => {
  const folder = repositoryOf([{}])
  await expect(collect(readHistory({ ...(await open(folder)), folder: '/nowhere' }, []))).rejects.toThrow(GitError)
})

test('stopping early ends git', async () => {
  const folder = repositoryOf([{ files: { a: '1' } }, {}])
  const changes = readHistory(await open(folder), git(folder, ['rev-list', 'main']).split('\n'))
  await changes.next()
  expect(await changes.return(undefined)).toEqual({ done: true, value: undefined })
})
