import { setTimeout } from 'node:timers/promises'
import { GatewayError } from '@achilles/mcp-client'
import { expect, test, vi } from 'vitest'
import { type Replayed, replay } from './replay.ts'
import { openRepository } from './repository.ts'
import { planSessions } from './session-plan.ts'
import { complaints, report } from './terminal-output.ts'
import { type InMemoryCore, inMemoryCore } from './testing/in-memory-core.ts'
import { type CommitToImport, repositoryOf } from './testing/temporary-repository.ts'

async function replayTo(core: InMemoryCore, folder: string, onCommits?: (commits: number) => void): Promise<Replayed> {
  const repository = await openRepository(folder)
  if (!repository) throw new Error('no commits')
  return replay(repository, await planSessions(repository), {
    gateway: core.gateway,
    client: { client_name: 'test', client_version: '1' },
    ...(onCommits && { onCommits }),
  })
}

const countsOf = (replayed: Replayed) => report(replayed).split('\n').slice(0, 4)

/** A call that fails with this code. */
function failure(code: 'UNAUTHORIZED' | 'SERVICE_UNAVAILABLE', retryable: boolean) {
  const problem = { type: '/', title: code, status: 400, detail: `no: ${code}`, code, request_id: '1', retryable }
  return new GatewayError(problem)
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
  expect(countsOf(first)).toEqual(['sessions: 30', 'accepted: 270', 'duplicate: 0', 'failed: 0'])
  expect(progress).toBe(90)
  const ended = structuredClone(core.sessions)
  const second = await replayTo(core, folder)
  expect(countsOf(second)).toEqual(['sessions: 30', 'accepted: 0', 'duplicate: 270', 'failed: 0'])
  expect(second.sessions.map(({ session_id }) => session_id)).toEqual(
    first.sessions.map(({ session_id }) => session_id),
  )
  expect(core.sessions).toEqual(ended)
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
  const replayed = await replayTo(inMemoryCore(), repositoryOf([{ files }]))
  expect(countsOf(replayed)).toEqual(['sessions: 1', 'accepted: 1', 'duplicate: 0', 'failed: 7'])
  expect(complaints(replayed, 2).split('\n')).toEqual([
    ...replayed.failures.map(({ id }) => `failed: ${id}: refused (REFUSED)`),
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

test('no more waits than a recorder keeps, however much one commit changed', async () => {
  const core = inMemoryCore()
  core.before = (procedure) => (procedure === 'signals.ingestBatch' ? setTimeout(10) : undefined)
  let progress = 0
  const files = Object.fromEntries(Array.from({ length: 12_000 }, (_, index) => [`folder/file-${index}`, 'x\n']))
  const { sessions } = await replayTo(core, repositoryOf([{ files }]), (commits) => {
    progress += commits
  })
  expect(sessions[0]?.ledger).toMatchObject({ recorded: 12_001, accepted: 12_001, dropped: {} })
  expect(progress).toBe(1)
})

test.each(['handshake', 'sessions.create', 'signals.ingestBatch', 'sessions.update', 'signals.insights'])(
  'where %s fails for good, every lane ends',
  async (failing) => {
    const core = inMemoryCore()
    let calls = 0
    core.before = (procedure) => {
      if (procedure === failing && ++calls === 1) throw failure('UNAUTHORIZED', false)
    }
    await expect(replayTo(core, repositoryOf(busy))).rejects.toThrow('no: UNAUTHORIZED')
    expect(core.sessions.size).toBeLessThan(20)
  },
)

test('a gateway that is gone for a moment is waited for', async () => {
  const core = inMemoryCore()
  let calls = 0
  core.before = (procedure) => {
    if (procedure === 'signals.ingestBatch' && ++calls <= 2) throw failure('SERVICE_UNAVAILABLE', true)
  }
  const replayed = await replayTo(core, repositoryOf([{ files: { a: 'x' } }]))
  expect(countsOf(replayed)).toEqual(['sessions: 1', 'accepted: 2', 'duplicate: 0', 'failed: 0'])
})

test('a gateway that stays away is given up', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const core = inMemoryCore()
    let calls = 0
    core.before = (procedure) => {
      if (procedure !== 'signals.ingestBatch') return
      calls++
      throw failure('SERVICE_UNAVAILABLE', true)
    }
    const outcome = expect(replayTo(core, repositoryOf([{}]))).rejects.toThrow('no: SERVICE_UNAVAILABLE')
    await expect
      .poll(async () => {
        await vi.advanceTimersByTimeAsync(1000)
        return calls
      })
      .toBe(5)
    await outcome
  } finally {
    vi.useRealTimers()
  }
})
