import { setMaxListeners } from 'node:events'
import type { FailedEntry, GatewayClient } from '@achilles/mcp-client'
import { readHistory } from './git-history.ts'
import { type Destination, type ReplayedSession, replaySession } from './replay-session.ts'
import type { Repository } from './repository.ts'
import type { SessionPlan } from './session-plan.ts'

export interface ReplayOptions {
  gateway: GatewayClient
  client: { client_name: string; client_version: string }
  /** Called with the number of further commits that Core has processed. */
  onCommits?: (commits: number) => void
}

export interface Replayed {
  /** In the order of the plan. */
  sessions: ReplayedSession[]
  /** The first few rejected events. */
  failures: FailedEntry[]
}

const LANES = 8
const FAILURES_KEPT = 5

/**
 * Replays several sessions in parallel. Ids are derived from the history, so a repeated replay adds nothing.
 * @throws the first error that retries cannot fix; the other sessions are then aborted.
 */
export async function replay(
  repository: Repository,
  plan: SessionPlan,
  { gateway, client, onCommits = () => {} }: ReplayOptions,
): Promise<Replayed> {
  const { workspaceId, folder, remoteUrl } = repository
  const stop = new AbortController()
  // Every call adds a listener.
  setMaxListeners(0, stop.signal)
  const sessions: ReplayedSession[] = []
  const failures: FailedEntry[] = []
  const destination: Destination = {
    gateway,
    surroundings: {
      ...client,
      workspace_id: workspaceId,
      workspace_root: folder,
      ...(remoteUrl !== undefined && { vcs_remote_url: remoteUrl }),
      create_project: true,
    },
    stop,
    onCommits,
    onFailed(failed) {
      if (failures.length < FAILURES_KEPT) failures.push(failed)
    },
  }

  const runLane = async (lane: number) => {
    const planned = [...plan.sessions.entries()].filter(([index]) => index % LANES === lane)
    const shas = planned.flatMap(([, { commits }]) => commits.map(({ sha }) => sha))
    const changes = readHistory(repository, shas)
    try {
      for (const [index, session] of planned) sessions[index] = await replaySession(session, changes, destination)
    } finally {
      await changes.return(undefined)
    }
  }

  const lanes = Array.from({ length: Math.min(LANES, plan.sessions.length) }, (_, lane) => runLane(lane))
  try {
    await Promise.all(lanes)
  } finally {
    stop.abort()
    await Promise.allSettled(lanes)
  }
  return { sessions, failures }
}
