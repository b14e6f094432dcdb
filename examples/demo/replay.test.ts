import { expect, test } from 'vitest'
import { type Replayed, replay } from './replay.ts'
import { complaints, report } from './report.ts'
import { openRepository } from './repository.ts'
import { planSessions } from './session-plan.ts'
import { type InMemoryCore, inMemoryCore } from './testing/in-memory-core.ts'
import { type CommitToImport, repositoryOf } from './testing/temporary-repository.ts'

async function replayTo(core: InMemoryCore, folder: string, onCommits?: (commits: number) => void): Promise<Replayed> {
  const repository = await openRepository(folder)
  if (!repository) throw new Error('no commits')
  const client = { name: 'test', version: '1' }
  return replay(repository, await planSessions(repository), {
    connect: core.connect,
    client,
    ...(onCommits && { onCommits }),
  })
}

const DAY = 24 * 60 * 60

/** Ten authors who take turns, three commits a day, two files a commit. */
const busy: CommitToImport[] = Array.from({ length: 90 }, (_, index) => {
  const author = `Dev <dev${index % 10}@example.com> ${1_700_000_000 + Math.floor(index / 30) * DAY + index} +0000`
  return { author, files: { [`a${index}`]: 'x\n', [`b${index % 3}`]: `${index}\n` } }
})

test('a second run adds nothing', async () => {
  const core = inMemoryCore()
  const folder = repositoryOf(busy)
  let progress = 0
  const first = await replayTo(core, folder, (commits) => {
    progress += commits
  })
  expect(first.tally).toEqual({ accepted: 270, duplicate: 0, failed: 0, failures: [] })
  expect(first.sessions).toHaveLength(30)
  expect(progress).toBe(90)
  const second = await replayTo(core, folder)
  expect(second.tally).toEqual({ accepted: 0, duplicate: 270, failed: 0, failures: [] })
  expect(second.sessions).toEqual(first.sessions)
  expect(core.sessions.size).toBe(30)
})

test('every session begins and ends with its commits, its events in order of time', async () => {
  const core = inMemoryCore({ preferred_batch_size: 4, max_payload_bytes: 1_000_000 })
  await replayTo(core, repositoryOf(busy))
  expect(Math.max(...core.batches.map((batch) => batch.length))).toBe(4)
  for (const { session_id, user_id, start_time, end_time, status, project_id } of core.sessions.values()) {
    const events = [...core.events.values()].filter((event) => event.session_id === session_id)
    const times = events.map(({ timestamp }) => String(timestamp))
    expect(times).toEqual(times.toSorted())
    expect({ start_time, end_time, status, project_id }).toEqual({
      start_time: times[0],
      end_time: times.at(-1),
      status: 'completed',
      project_id: 'prj_1',
    })
    expect(new Set(events.map((event) => event.user_id))).toEqual(new Set([user_id]))
  }
})

test('what Core refuses is counted and told', async () => {
  const files = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`refused\n${index}`, 'x']))
  const { tally } = await replayTo(inMemoryCore(), repositoryOf([{ files }]))
  expect(tally).toMatchObject({ accepted: 1, failed: 7 })
  expect(complaints(tally, 2).split('\n')).toEqual([
    ...tally.failures.map(({ event_id }) => `failed: ${event_id}: refused (REFUSED)`),
    'failed: and 2 more',
    'left out: 2 commits without a date that can be read',
    '',
  ])
})

test('the report is five counts and a line an insight', async () => {
  expect(report(await replayTo(inMemoryCore(), repositoryOf([{ files: { a: 'x' } }])))).toBe(
    'sessions: 1\naccepted: 2\nduplicate: 0\nfailed: 0\ninsights: 1\nlow quality: A title. a\ufffdmessage (ses_1)\n',
  )
})

test('a call that fails for good ends every lane', async () => {
  const core = inMemoryCore()
  let batches = 0
  core.before = (procedure) => {
    if (procedure === 'signals.ingestBatch' && ++batches === 1) throw new Error('no room')
  }
  await expect(replayTo(core, repositoryOf(busy))).rejects.toThrow('no room')
  expect(core.sessions.size).toBeLessThan(20)
})
