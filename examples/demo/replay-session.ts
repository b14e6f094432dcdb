import type { EventBatchResponse, GatewayClient, InsightOut, MCPEvent } from '@achilles/mcp-client'
import { type BatchLimits, batches } from './batches.ts'
import { eventOfChange } from './event-of-change.ts'
import type { Commit, FileEdit } from './git-history.ts'
import type { PlannedSession } from './session-plan.ts'
import { tryAgain } from './try-again.ts'

/** Where sessions go, and what each call has to keep to. */
export interface Destination {
  gateway: GatewayClient
  workspaceId: string
  projectId: string
  limits: BatchLimits
  signal: AbortSignal
  /** Told what became of each batch, and how many commits it completed. */
  onAnswer: (answer: EventBatchResponse, commits: number) => void
}

/** A session as Core knows it. */
export interface ReplayedSession {
  session_id: string
  insights: InsightOut[]
}

const MAX_INSIGHTS = 200

/**
 * Opens a session, sends its events, completes it and asks what Core makes of it. `changes` is read just as far as the
 * session's last commit.
 */
export async function replaySession(
  { key, userId, commits }: PlannedSession,
  changes: AsyncIterator<FileEdit | Commit>,
  { gateway, workspaceId, projectId, limits, signal, onAnswer }: Destination,
): Promise<ReplayedSession> {
  const created = {
    external_session_key: key,
    user_id: userId,
    workspace_id: workspaceId,
    project_id: projectId,
    start_time: commits[0].time,
  }
  const { session_id } = await tryAgain((signal) => gateway.sessions.create.mutate(created, { signal }), signal)
  const events = eventsOf(commits, changes, { session_id, workspace_id: workspaceId, user_id: userId })
  for await (const batch of batches(events, limits)) {
    const answer = await tryAgain((signal) => gateway.signals.ingestBatch.mutate({ events: batch }, { signal }), signal)
    onAnswer(answer, batch.filter(({ event_type }) => event_type === 'git_operation').length)
  }
  const ended = { session_id, status: 'completed' as const, end_time: (commits.at(-1) ?? commits[0]).time }
  await tryAgain((signal) => gateway.sessions.update.mutate(ended, { signal }), signal)
  const asked = { session_id, limit: MAX_INSIGHTS }
  const insights = await tryAgain((signal) => gateway.signals.insights.query(asked, { signal }), signal)
  return { session_id, insights }
}

async function* eventsOf(
  commits: PlannedSession['commits'],
  changes: AsyncIterator<FileEdit | Commit>,
  session: { session_id: string; workspace_id: string; user_id: string },
): AsyncGenerator<MCPEvent> {
  for (const { time } of commits) {
    let change: FileEdit | Commit
    do {
      const next = await changes.next()
      if (next.done) throw new Error('git told of fewer commits than it was asked for')
      change = next.value
      yield eventOfChange(change, { ...session, timestamp: time })
    } while (change.kind === 'file')
  }
}
