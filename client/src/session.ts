import type {
  InsightOut,
  MCPAgentPerformanceSnapshot,
  MCPInsightsQuery,
  MCPSessionCreate,
  MCPSessionSnapshotRequest,
  SessionOut,
  SessionStatus,
} from '@achilles/mcp-contract'
import type { NoProject, SessionIdentity, WorkspaceProject } from './recorder/opening.ts'
import type { Ledger } from './recorder/recorder.ts'
import type { NewEvent, RecorderOptions } from './recorder/recorder-options.ts'
import type { OpenedSession } from './recorder/session-calls.ts'
import type { SessionState } from './recorder/session-sender.ts'
import type { InsightWatch, WatchOptions } from './watch/insight-watch.ts'

/** Options of `openSession`: what is sent to Core, and how events are stored. */
export type SessionOptions = SessionIdentity & RecorderOptions & (WorkspaceProject | NoProject)

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

/** A session that can be recorded into immediately, whether or not the gateway can be reached. */
export interface Session {
  /**
   * Core’s session, once it is open. Rejects only if the session ends before; what was recorded then stays in a durable
   * spool.
   */
  readonly opened: Promise<OpenedSession>
  /** Whether the gateway could be reached last. */
  readonly state: SessionState
  /** Tries again immediately, e.g. after the API key was set or the network came back. */
  retryNow(): void
  /**
   * Records an event and returns its id. The event is sent later, in a batch.
   * @throws GatewayError with the path of each invalid field, or if the session has ended; the event is then not
   * recorded.
   */
  record(event: NewEvent): string
  /**
   * Records a snapshot of the session’s state and returns its id. It is stored and sent as events are.
   * @throws GatewayError as `record` does.
   */
  snapshot(
    type: MCPSessionSnapshotRequest['snapshot_type'],
    payload: object,
    options?: Pick<MCPSessionSnapshotRequest, 'captured_at'>,
  ): string
  /**
   * Records the performance of an agent in a time window and returns its id. It is stored and sent as events are.
   * @throws GatewayError as `record` does.
   */
  recordPerformance(performance: NewPerformance): string
  /** Resolves once everything recorded so far is in the spool; rejects if the spool cannot store it. */
  persisted(): Promise<void>
  /**
   * Resolves once everything recorded so far was accepted by Core or reported as failed. This may take forever: the
   * gateway may stay unreachable, and an event that Core can never process stays pending. `signal` limits the wait.
   */
  flush(options?: { signal?: AbortSignal }): Promise<void>
  /** Returns Core’s findings about the session, newest first. Rejects while the session cannot be opened. */
  insights(query?: Omit<MCPInsightsQuery, 'session_id'>, options?: { signal?: AbortSignal }): Promise<InsightOut[]>
  /**
   * Yields Core’s findings about the session, each once, as they arrive: first the existing ones, oldest first, or those
   * since `since`. With `onInsight`, calls it with each instead. Begins when the session is open, reconnects by itself,
   * and ends with the session.
   * @throws GatewayError naming each unknown or invalid option.
   */
  watchInsights(options?: WatchOptions): InsightWatch
  /**
   * Records the end of the session, sends what is pending for as long as the deadline allows, and closes the spool. What
   * is still pending then, the end included, stays in a durable spool for the next run; otherwise it is dropped and
   * reported to `onDropped`.
   * @param status by default `'completed'`
   * @returns the session as Core returned it; undefined if the end is still to be sent.
   */
  end(status?: SessionStatus, options?: EndOptions): Promise<SessionOut | undefined>
  /**
   * Sends what is pending for at most `deadlineMs` milliseconds (5000) and closes the spool, like `end`, but leaves the
   * session’s status as it is: the session can be opened again.
   */
  close(options?: { deadlineMs?: number }): Promise<void>
  /** Counts what became of everything recorded so far. */
  ledger(): Ledger
}

/** A performance record; the session is filled in. */
export type NewPerformance = Omit<MCPAgentPerformanceSnapshot, 'session_id'>
