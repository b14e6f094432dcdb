export type * from '@achilles/mcp-contract'
export type { CallContext, CallOptions } from './call-context.ts'
export { createGatewayClient, type GatewayClientOptions } from './client.ts'
export type { GatewayClient, TrackedInsight } from './gateway-client.ts'
export { GatewayError, type GatewayErrorOptions, isGatewayError } from './gateway-error.ts'
export type { Fetch, FetchAnswer, FetchInit } from './gateway-fetch.ts'
export { openSession } from './open-session.ts'
export type { NoProject, SessionIdentity, WorkspaceProject } from './recorder/opening.ts'
export type { Counts, Ledger } from './recorder/recorder.ts'
export type {
  DroppedEntry,
  DropReason,
  FailedEntry,
  NewEvent,
  RecordedEntry,
  RecorderOptions,
} from './recorder/recorder-options.ts'
export type { OpenedSession } from './recorder/session-calls.ts'
export type { SessionState } from './recorder/session-sender.ts'
export type { EndOptions, NewPerformance, Session, SessionOptions } from './session.ts'
export { type IndexedDbSpoolOptions, indexedDbSpool } from './spool/indexed-db-spool/indexed-db-spool.ts'
export { memorySpool } from './spool/memory-spool.ts'
export type { EntryKey, EntryKind, Spool, SpoolEntry } from './spool/spool.ts'
export type { InsightWatch, WatchOptions } from './watch/insight-watch.ts'
