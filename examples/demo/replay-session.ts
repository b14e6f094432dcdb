import {
  type FailedEntry,
  type GatewayClient,
  type InsightOut,
  isGatewayError,
  type Ledger,
  type NewEvent,
  openSession,
  type Session,
  type SessionIdentity,
  type WorkspaceProject,
} from '@achilles/mcp-client'
import { eventOfChange } from './event-of-change.ts'
import type { Commit, FileEdit } from './git-history.ts'
import type { PlannedSession } from './session-plan.ts'

type Surroundings = Omit<SessionIdentity & WorkspaceProject, 'user_id' | 'external_session_key'>

export interface Destination {
  gateway: GatewayClient
  surroundings: Surroundings
  /** Aborts all sessions. */
  stop: AbortController
  /** Called with the number of further commits that Core has processed. */
  onCommits: (commits: number) => void
  onFailed: (failed: FailedEntry) => void
}

export interface ReplayedSession {
  session_id: string
  ledger: Ledger
  insights: InsightOut[]
}

const MAX_INSIGHTS = 200
/** Reading pauses at this number of pending events, since it is faster than sending. */
const MAX_PENDING = 1000
/** Otherwise a recorder would retry forever. */
const MAX_FAILED_ATTEMPTS = 5
/** Longer than the rate limit's window of a minute. */
const END_WITHIN_MS = 120_000

/** Reads `changes` only up to the session's last commit. */
export async function replaySession(
  { key, userId, commits }: PlannedSession,
  changes: AsyncIterator<FileEdit | Commit>,
  { gateway, surroundings, stop, onCommits, onFailed }: Destination,
): Promise<ReplayedSession> {
  const { signal } = stop
  let failedAttempts = 0
  const session = openSession(gateway, {
    ...surroundings,
    user_id: userId,
    external_session_key: key,
    start_time: commits[0].time,
    onFailed(failed) {
      // Later batches would fail too.
      if (failed.problem) stop.abort(new Error(failed.error))
      onFailed(failed)
    },
    onError(error) {
      const mayPass = isGatewayError(error) && error.data.retryable
      if (!mayPass || ++failedAttempts === MAX_FAILED_ATTEMPTS) stop.abort(error)
    },
  })
  const end_time = (commits.at(-1) ?? commits[0]).time
  try {
    const events = eventsOf(commits, changes, { workspace_id: surroundings.workspace_id, user_id: userId })
    await recordAll(session, events, signal, (answered) => {
      failedAttempts = 0
      onCommits(answered)
    })
    const { session_id } = (await session.opened).session
    await session.end('completed', { end_time, deadlineMs: END_WITHIN_MS })
    const insights = await session.insights({ limit: MAX_INSIGHTS }, { signal })
    return { session_id, ledger: session.ledger(), insights }
  } catch (error) {
    await session.close({ deadlineMs: 0 })
    throw error
  }
}

async function recordAll(
  session: Session,
  events: AsyncIterable<NewEvent>,
  signal: AbortSignal,
  onAnswered: (commits: number) => void,
): Promise<void> {
  let commits = 0
  async function flush() {
    await session.flush({ signal })
    onAnswered(commits)
    commits = 0
  }
  for await (const event of events) {
    session.record(event)
    if (event.event_type === 'git_operation') commits++
    if (session.ledger().pending >= MAX_PENDING) await flush()
  }
  await flush()
}

async function* eventsOf(
  commits: PlannedSession['commits'],
  changes: AsyncIterator<FileEdit | Commit>,
  whose: { workspace_id: string; user_id: string },
): AsyncGenerator<NewEvent> {
  for (const { time } of commits) {
    let change: FileEdit | Commit
    do {
      const next = await changes.next()
      if (next.done) throw new Error('git told of fewer commits than it was asked for')
      change = next.value
      yield eventOfChange(change, { ...whose, timestamp: time })
    } while (change.kind === 'file')
  }
}
