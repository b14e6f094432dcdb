import type { GatewayClient } from '@achilles/mcp-client'
import { readHistory } from './git-history.ts'
import { type Destination, type ReplayedSession, replaySession } from './replay-session.ts'
import type { Repository } from './repository.ts'
import type { SessionPlan } from './session-plan.ts'
import { count, type Tally } from './tally.ts'
import { tryAgain } from './try-again.ts'

/** What a replay needs beside its plan. */
export interface ReplayOptions {
  /** Makes a client. Each lane has its own, so that calls of several never share one request and its size limit. */
  connect: () => GatewayClient
  client: { name: string; version: string }
  /** Told how many more commits Core has answered for. */
  onCommits?: (commits: number) => void
}

/** What Core answered. */
export interface Replayed {
  tally: Tally
  /** In the order of the plan. */
  sessions: ReplayedSession[]
}

const LANES = 8

/**
 * Sends a history to Core in several lanes, each taking one session after the other. Every id is made of what it stands
 * for, so that repeating it adds nothing.
 * @throws What a call that repeating cannot save threw; the other lanes end with it.
 */
export async function replay(
  repository: Repository,
  plan: SessionPlan,
  { connect, client, onCommits = () => {} }: ReplayOptions,
): Promise<Replayed> {
  const stop = new AbortController()
  const { projectId, limits } = await announce(repository, connect(), client, stop.signal)
  const tally: Tally = { accepted: 0, duplicate: 0, failed: 0, failures: [] }
  const sessions: ReplayedSession[] = []

  const runLane = async (lane: number) => {
    const planned = [...plan.sessions.entries()].filter(([index]) => index % LANES === lane)
    const shas = planned.flatMap(([, { commits }]) => commits.map(({ sha }) => sha))
    const changes = readHistory(repository, shas)
    const destination: Destination = {
      gateway: connect(),
      workspaceId: repository.workspaceId,
      projectId,
      limits,
      signal: stop.signal,
      onAnswer(answer, commits) {
        count(tally, answer)
        onCommits(commits)
      },
    }
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
  return { tally, sessions }
}

async function announce(
  { workspaceId, folder, remoteUrl }: Repository,
  gateway: GatewayClient,
  { name, version }: ReplayOptions['client'],
  signal: AbortSignal,
) {
  const workspace = { workspace_id: workspaceId, workspace_root: folder }
  const hello = { client_name: name, client_version: version, ...workspace }
  const granted = await tryAgain((signal) => gateway.handshake.mutate(hello, { signal }), signal)
  const remote = remoteUrl === undefined ? {} : { vcs_remote_url: remoteUrl }
  const wanted = { ...workspace, ...remote, create_if_missing: true }
  const { project_id } = await tryAgain((signal) => gateway.projects.resolve.mutate(wanted, { signal }), signal)
  return {
    projectId: project_id,
    limits: { maxEvents: granted.preferred_batch_size, maxBytes: granted.max_payload_bytes },
  }
}
