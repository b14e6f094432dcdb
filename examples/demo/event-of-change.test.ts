import { expect, test } from 'vitest'
import { eventOfChange } from './event-of-change.ts'
import type { Commit, FileEdit } from './git-history.ts'

const occasion = {
  workspace_id: 'git-1',
  user_id: 'ada@example.com',
  timestamp: '2026-03-02T09:00:00+01:00',
}
const commit = (fields: Partial<Commit> = {}): Commit => ({
  kind: 'commit',
  sha: 'c1',
  parents: 1,
  subject: 'A',
  ...fields,
})
const edit = (fields: Partial<FileEdit> = {}): FileEdit => ({
  kind: 'file',
  sha: 'c1',
  path: Buffer.from('a.ts'),
  lines: { added: 2, removed: 1 },
  ...fields,
})
const payloadOf = (change: Commit | FileEdit) => eventOfChange(change, occasion).payload

test('a file becomes an edit with its line counts', () => {
  expect(eventOfChange(edit(), occasion)).toEqual({
    event_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
    event_type: 'file_edited',
    source_type: 'cli',
    ...occasion,
    file_path: 'a.ts',
    payload: { lines_added: 2, lines_removed: 1, commit: 'c1' },
  })
})

test('a binary file has no counts', () => {
  expect(payloadOf(edit({ lines: undefined }))).toEqual({ commit: 'c1' })
})

test.each([
  ['commit', commit({ subject: 'Revert the colour' })],
  ['commit', commit({ parents: 0 })],
  ['commit', commit({ subject: 'fixup!' })],
  ['merge', commit({ parents: 2, subject: 'Revert "A"' })],
  ['revert', commit({ subject: 'Revert "A"' })],
  ['fixup', commit({ subject: 'fixup! A' })],
  ['fixup', commit({ subject: 'squash! A' })],
  ['fixup', commit({ subject: 'amend! A' })],
])('%s: %j', (operation, change) => {
  expect(payloadOf(change)).toEqual({ operation, commit: 'c1', subject: change.subject })
})

test('a long subject is cut between characters', () => {
  expect(payloadOf(commit({ subject: `a${'😀'.repeat(600)}` }))).toMatchObject({ subject: `a${'😀'.repeat(499)}…` })
})

test('every commit, file and workspace has an id of its own, always the same', () => {
  const changes = [commit(), commit({ sha: 'c2' }), edit(), edit({ sha: 'c2' }), edit({ path: Buffer.from([0xff]) })]
  changes.push(edit({ path: Buffer.from([0xfe]) }))
  const ids = ['git-1', 'git-2'].flatMap((workspace_id) =>
    changes.map((change) => eventOfChange(change, { ...occasion, workspace_id }).event_id),
  )
  expect(new Set(ids).size).toBe(12)
  expect(eventOfChange(edit(), { ...occasion, user_id: 'other' }).event_id).toBe(ids[2])
})
