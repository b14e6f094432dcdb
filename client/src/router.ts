import type {
  EventBatchResponse,
  InsightOut,
  MCPAgentPerformanceResponse,
  MCPAgentPerformanceSnapshot,
  MCPErrorCorrelationRequest,
  MCPErrorCorrelationResponse,
  MCPEvent,
  MCPEventBatch,
  MCPHandshakeRequest,
  MCPHandshakeResponse,
  MCPHealthResponse,
  MCPInsightsQuery,
  MCPInsightsWatch,
  MCPProjectResolve,
  MCPSessionCreate,
  MCPSessionResolve,
  MCPSessionResolveResponse,
  MCPSessionSnapshotRequest,
  MCPSessionSnapshotResponse,
  MCPSessionUpdate,
  Problem,
  ProjectResolveResponse,
  SessionOut,
} from '@achilles/mcp-contract'
import type {
  TRPC_ERROR_CODE_NUMBER,
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCSubscriptionProcedure,
} from '@trpc/server'

/**
 * The gateway’s router as a client sees it: the input and output of each procedure, without the server. For
 * `inferRouterInputs`, `inferRouterOutputs` and other integrations of tRPC; `GatewayClient` is based on it.
 */
export type GatewayRouter = TRPCBuiltRouter<GatewayRoot, GatewayProcedures>

interface GatewayRoot {
  ctx: object
  meta: object
  errorShape: { message: string; code: TRPC_ERROR_CODE_NUMBER; data: Problem }
  transformer: true
}

type Query<Input, Output> = TRPCQueryProcedure<{ meta: object; input: Input; output: Output }>
type Mutation<Input, Output> = TRPCMutationProcedure<{ meta: object; input: Input; output: Output }>

type Subscription<Input, Item> = TRPCSubscriptionProcedure<{
  meta: object
  input: Input
  output: AsyncIterable<{ id: string; data: Item }, void>
}>

type GatewayProcedures = {
  /** The gateway’s own health, without a call to Core. */
  health: Query<void, MCPHealthResponse>
  /** The health that Core reports. */
  coreHealth: Query<void, MCPHealthResponse>
  /** Identifies the client; returns the session token and the batch and body sizes to respect. */
  handshake: Mutation<MCPHandshakeRequest, MCPHandshakeResponse>
  sessions: {
    /** Creates a session, or returns the one with the same `external_session_key`. */
    create: Mutation<MCPSessionCreate, SessionOut>
    /** Sets the status of a session. */
    update: Mutation<MCPSessionUpdate, SessionOut>
    /** Finds a session by the client’s own key; creates none. */
    resolve: Query<MCPSessionResolve, MCPSessionResolveResponse>
  }
  projects: {
    /** Finds the project of a workspace, or creates it if `create_if_missing` is true. */
    resolve: Mutation<MCPProjectResolve, ProjectResolveResponse>
  }
  signals: {
    /** Sends up to 1000 events. Rejected events are in `failed`; resending a batch is safe. */
    ingestBatch: Mutation<MCPEventBatch, EventBatchResponse>
    /** Sends one event. Prefer batches, which cost Core far less. */
    ingest: Mutation<MCPEvent, EventBatchResponse>
    /** Returns Core’s findings about a session, newest first. */
    insights: Query<MCPInsightsQuery, InsightOut[]>
    /** Sends the insights of a session, the oldest first, and then each new one within seconds. */
    watchInsights: Subscription<MCPInsightsWatch, InsightOut>
  }
  state: {
    /** Stores a snapshot of a session’s state. */
    snapshot: Mutation<MCPSessionSnapshotRequest, MCPSessionSnapshotResponse>
  }
  agents: {
    /** Stores the performance of an agent in a time window. */
    recordPerformance: Mutation<MCPAgentPerformanceSnapshot, MCPAgentPerformanceResponse>
  }
  errors: {
    /** Scores which of the given events may have caused an error. */
    correlate: Mutation<MCPErrorCorrelationRequest, MCPErrorCorrelationResponse>
  }
}
