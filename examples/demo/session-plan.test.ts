import { describe, expect, test } from 'vitest'
import { openRepository } from './repository.ts'
import { planSessions, readableId } from './session-plan.ts'
import { type CommitToImport, git, repositoryOf } from './testing/temporary-repository.ts'

async function planOf(folder: string) {
  const repository = await openRepository(folder)
  if (!repository) throw new Error('no commits')
  return planSessions(repository)
}

const outline = async (...commits: CommitToImport[]) => {
  const { sessions } = await planOf(repositoryOf(commits))
  return sessions.map(({ key, commits }) => [key, commits.map(({ time }) => time.replace('Z', '+00:00'))])
}

test('a session is an author and a day of theirs, in order of time', async () => {
  const noon = 1_700_000_000 // 2023-11-14T22:13:20Z
  expect(
    await outline(
      { author: `Bob <bob@example.com> ${noon + 7200} +0000` },
      { author: `Ada <ada@example.com> ${noon + 60} +0000` },
      { author: `Ada <ada@example.com> ${noon} +0000` },
      { author: `Ada <ada@example.com> ${noon + 120} +0200` },
    ),
  ).toEqual([
    ['ada@example.com:2023-11-14', ['2023-11-14T22:13:20+00:00', '2023-11-14T22:14:20+00:00']],
    ['ada@example.com:2023-11-15', ['2023-11-15T00:15:20+02:00']],
    ['bob@example.com:2023-11-15', ['2023-11-15T00:13:20+00:00']],
  ])
})

test('an author without email is known by name, one without either is unknown', async () => {
  const keys = (await outline({ author: 'Ada <> 1700000000 +0000' }, { author: '<> 1700000000 +0000' })).map(
    ([key]) => key,
  )
  expect(keys).toEqual(['Ada:2023-11-14', 'unknown:2023-11-14'])
})

test('authors whose bytes differ have sessions of their own', async () => {
  const author = (byte: number) =>
    Buffer.concat([Buffer.from('X <a'), Buffer.from([byte]), Buffer.from('@example.com> 1700000000 +0000')])
  expect(await outline({ author: author(0xff) }, { author: author(0xfe) }, { author: author(0x07) })).toHaveLength(3)
})

/** A commit object as written here, which git itself would not have made. */
function withHeader(author: string, committer: string): string {
  const folder = repositoryOf([{ files: { a: 'a' } }])
  const tree = git(folder, ['rev-parse', 'main^{tree}'])
  const text = `tree ${tree}\nauthor ${author}\ncommitter ${committer}\n\nOdd\n`
  const sha = git(folder, ['hash-object', '-t', 'commit', '-w', '--literally', '--stdin'], text)
  git(folder, ['update-ref', 'refs/heads/main', sha])
  return folder
}

const GOOD = 'C <c@example.com> 1700000000 +0000'

test.each([
  '253402300800 +0000',
  '99999999999999999999999 +0000',
  '1700000000 +9900',
  '1700000000 -1260',
  '-5 +0000',
  'x',
])('the author date %s gives way to the committer’s', async (date) => {
  const { sessions, undated } = await planOf(withHeader(`A <a@example.com> ${date}`, GOOD))
  expect(sessions.map(({ key }) => key)).toEqual(['a@example.com:2023-11-14'])
  expect(undated).toBe(0)
})

test('a commit without any date is left out and counted', async () => {
  const { sessions, commits, undated } = await planOf(
    withHeader('A <a@example.com> -5 +0000', 'C <c> 1700000000 +9900'),
  )
  expect({ sessions, commits, undated }).toEqual({ sessions: [], commits: 0, undated: 1 })
})

test('a commit without an author line that can be read is of an unknown one', async () => {
  const { sessions } = await planOf(withHeader('nobody', GOOD))
  expect(sessions.map(({ userId }) => userId)).toEqual(['unknown'])
})

describe('readableId', () => {
  test.each(['ada@example.com', 'Zoë <x>', 'x'.repeat(200), '😀'.repeat(200)])('%s stays as it is', (text) => {
    expect(readableId(Buffer.from(text))).toBe(text)
  })

  test.each([
    ['empty', ''],
    ['too long', 'x'.repeat(201)],
    ['a control character', 'a\u0007b'],
    ['a control character of the second kind', 'a\u0085b'],
  ])('%s is hashed', (_what, text) => {
    expect(readableId(Buffer.from(text))).toMatch(/^sha256-[0-9a-f]{64}$/)
  })

  test('bytes that read alike stay apart', () => {
    const ids = [[0xff], [0xfe], [0xef, 0xbf, 0xbd]].map((bytes) => readableId(Buffer.from(bytes)))
    expect(new Set(ids).size).toBe(3)
  })
})
