import type {
  InsightOut,
  JsonObject,
  MCPHandshakeRequest,
  MCPHandshakeResponse,
  MCPInsightsQuery,
  MCPProjectResolve,
  MCPSessionCreate,
  MCPSessionSnapshotRequest,
  MCPSessionSnapshotResponse,
  SessionOut,
  SessionStatus,
} from '@achilles/mcp-contract'
import type { Ledger } from './recorder/recorder.ts'
import type { NewEvent, RecorderOptions } from './recorder/recorder-options.ts'

/** What `openSession` says to Core, and how it keeps events. */
export type SessionOptions = SessionIdentity & RecorderOptions & (WorkspaceProject | NoProject)

/** What is said of the client, the user and the session. */
export interface SessionIdentity
  extends Omit<MCPHandshakeRequest, 'workspace_root'>,
    Omit<MCPSessionCreate, 'start_time' | 'project_id'> {
  user_id: string
  workspace_id: string
  /** @default now */
  start_time?: MCPSessionCreate['start_time']
  /** Gives up opening the session. */
  signal?: AbortSignal
}

/** Where the project of the workspace is found. */
export interface WorkspaceProject extends Omit<MCPProjectResolve, 'workspace_id' | 'create_if_missing'> {
  /** Makes the project where the workspace has none yet. @default false */
  create_project?: boolean
}

/** Without `workspace_root` there is no project, and nothing to be said of one. */
export interface NoProject {
  workspace_root?: undefined
  vcs_remote_url?: undefined
  labels?: undefined
  create_project?: false | undefined
}

/** How a session ends. */
export interface EndOptions {
  /** @default now */
  end_time?: MCPSessionCreate['start_time']
  /**
   * How long to wait for Core to answer for every event and to take the state, in milliseconds; 25 days at most, also
   * where it is `Infinity`.
   * @default 5000
   */
  deadlineMs?: number
}

/** An open session: records events, and does the rest of a session’s calls with its id and token filled in. */
export interface Session {
  /** The session as Core opened it, or found it. */
  readonly opened: SessionOut
  /** What Core granted. */
  readonly handshake: MCPHandshakeResponse
  /** The project of the workspace, where there is one. */
  readonly projectId: string | undefined
  /**
   * Takes an event and returns its id; sends it soon, with others.
   * @throws GatewayError naming the path of what is wrong with it; then it was not recorded.
   */
  record(event: NewEvent): string
  /** Resolves once everything recorded so far is in the spool; rejects where the spool would not take it. */
  persisted(): Promise<void>
  /**
   * Resolves once everything recorded so far was accepted by Core, or reported as failed. That may take for ever: the
   * gateway may stay away, and an event that Core can never process stays pending. `signal` bounds the wait.
   */
  flush(options?: { signal?: AbortSignal }): Promise<void>
  /** Saves a snapshot. */
  snapshot(
    type: MCPSessionSnapshotRequest['snapshot_type'],
    payload: JsonObject,
    options?: Pick<MCPSessionSnapshotRequest, 'captured_at'> & { signal?: AbortSignal },
  ): Promise<MCPSessionSnapshotResponse>
  /** What Core makes of the session. */
  insights(query?: Omit<MCPInsightsQuery, 'session_id'>, options?: { signal?: AbortSignal }): Promise<InsightOut[]>
  /**
   * Flushes for as long as the deadline allows, sets the session’s state and closes the spool. What Core has not answered
   * for by then stays in a spool that outlives the process; otherwise it is dropped, and told as dropped.
   * @param status `'completed'` where nothing is said
   */
  end(status?: SessionStatus, options?: EndOptions): Promise<SessionOut>
  /**
   * Flushes for at most `deadlineMs` (5000) milliseconds and lets go of the spool, as `end` does, but says nothing to Core:
   * the session stays as it is, and may be opened again.
   */
  close(options?: { deadlineMs?: number }): Promise<void>
  /** What became of every event recorded so far. */
  ledger(): Ledger
}
