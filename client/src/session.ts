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

/** Options of `openSession`: what is sent to Core, and how events are stored. */
export type SessionOptions = SessionIdentity & RecorderOptions & (WorkspaceProject | NoProject)

/** The client, the user and the session. */
export interface SessionIdentity
  extends Omit<MCPHandshakeRequest, 'workspace_root'>,
    Omit<MCPSessionCreate, 'start_time' | 'project_id'> {
  user_id: string
  workspace_id: string
  /** @default now */
  start_time?: MCPSessionCreate['start_time']
  /** Aborts opening the session. */
  signal?: AbortSignal
}

/** The project of the workspace. */
export interface WorkspaceProject extends Omit<MCPProjectResolve, 'workspace_id' | 'create_if_missing'> {
  /** Creates the project if the workspace has none. @default false */
  create_project?: boolean
}

/** Without `workspace_root` there is no project, and no option about one. */
export interface NoProject {
  workspace_root?: undefined
  vcs_remote_url?: undefined
  labels?: undefined
  create_project?: false | undefined
}

/** Options of `Session.end`. */
export interface EndOptions {
  /** @default now */
  end_time?: MCPSessionCreate['start_time']
  /**
   * The time limit for sending pending events and setting the status, in milliseconds; capped at 25 days, also for
   * `Infinity`.
   * @default 5000
   */
  deadlineMs?: number
}

/** An open session: records events, and makes the session’s other calls with its id and token. */
export interface Session {
  /** The session, as Core created it or found it. */
  readonly opened: SessionOut
  /** Core’s response to the handshake. */
  readonly handshake: MCPHandshakeResponse
  /** The project of the workspace, if there is one. */
  readonly projectId: string | undefined
  /**
   * Records an event and returns its id. The event is sent later, in a batch.
   * @throws GatewayError with the path of each invalid field, or if the session has ended; the event is then not
   * recorded.
   */
  record(event: NewEvent): string
  /** Resolves once everything recorded so far is in the spool; rejects if the spool cannot store it. */
  persisted(): Promise<void>
  /**
   * Resolves once everything recorded so far was accepted by Core or reported as failed. This may take forever: the
   * gateway may stay unreachable, and an event that Core can never process stays pending. `signal` limits the wait.
   */
  flush(options?: { signal?: AbortSignal }): Promise<void>
  /** Stores a snapshot of the session’s state. */
  snapshot(
    type: MCPSessionSnapshotRequest['snapshot_type'],
    payload: JsonObject,
    options?: Pick<MCPSessionSnapshotRequest, 'captured_at'> & { signal?: AbortSignal },
  ): Promise<MCPSessionSnapshotResponse>
  /** Returns Core’s findings about the session, newest first. */
  insights(query?: Omit<MCPInsightsQuery, 'session_id'>, options?: { signal?: AbortSignal }): Promise<InsightOut[]>
  /**
   * Sends pending events for as long as the deadline allows, closes the spool and sets the session’s status. Events
   * that are still pending stay in a durable spool; otherwise they are dropped and reported to `onDropped`.
   * @param status by default `'completed'`
   */
  end(status?: SessionStatus, options?: EndOptions): Promise<SessionOut>
  /**
   * Sends pending events for at most `deadlineMs` milliseconds (5000) and closes the spool, like `end`, but does not
   * update the session, which can be opened again.
   */
  close(options?: { deadlineMs?: number }): Promise<void>
  /** Counts what became of the events recorded so far. */
  ledger(): Ledger
}
