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
import type { TRPC_ERROR_CODE_NUMBER, TRPCBuiltRouter, TRPCMutationProcedure, TRPCQueryProcedure } from '@trpc/server'

/**
 * The gateway’s router as a client sees it: what its procedures take and answer, and nothing of the server they run in.
 * For `inferRouterInputs`, `inferRouterOutputs` and tRPC’s other integrations; `GatewayClient` is made of it.
 */
export type GatewayRouter = TRPCBuiltRouter<GatewayRoot, GatewayProcedures>

/** What all procedures of the gateway share. */
interface GatewayRoot {
  ctx: object
  meta: object
  errorShape: { message: string; code: TRPC_ERROR_CODE_NUMBER; data: Problem }
  transformer: true
}

/** A call that only reads. */
type Query<Input, Output> = TRPCQueryProcedure<{ meta: object; input: Input; output: Output }>
/** A call that changes something. */
type Mutation<Input, Output> = TRPCMutationProcedure<{ meta: object; input: Input; output: Output }>

/** Every procedure of the gateway, under its name. */
type GatewayProcedures = {
  /** The gateway’s own health, answered without a call to Core. */
  health: Query<void, MCPHealthResponse>
  /** What Core says of its health. */
  coreHealth: Query<void, MCPHealthResponse>
  /** Negotiates: says who the client is, learns the session token and the sizes to keep to. */
  handshake: Mutation<MCPHandshakeRequest, MCPHandshakeResponse>
  sessions: {
    /** Opens a session, or answers with the one that the same `external_session_key` opened before. */
    create: Mutation<MCPSessionCreate, SessionOut>
    /** Sets the state of a session. */
    update: Mutation<MCPSessionUpdate, SessionOut>
    /** Finds a session by the client’s own key; nothing is made. */
    resolve: Query<MCPSessionResolve, MCPSessionResolveResponse>
  }
  projects: {
    /** Finds the project of a workspace, or makes it where `create_if_missing` is true. */
    resolve: Mutation<MCPProjectResolve, ProjectResolveResponse>
  }
  signals: {
    /** Sends up to 1000 events. Those that Core did not take stand in `failed`; sending a batch again is safe. */
    ingestBatch: Mutation<MCPEventBatch, EventBatchResponse>
    /** Sends one event. Prefer batches: they cost Core far less. */
    ingest: Mutation<MCPEvent, EventBatchResponse>
    /** Reads what Core has learned from a session, newest first. */
    insights: Query<MCPInsightsQuery, InsightOut[]>
  }
  state: {
    /** Keeps a snapshot of a session’s state. */
    snapshot: Mutation<MCPSessionSnapshotRequest, MCPSessionSnapshotResponse>
  }
  agents: {
    /** Records how an agent did in a window of time. */
    recordPerformance: Mutation<MCPAgentPerformanceSnapshot, MCPAgentPerformanceResponse>
  }
  errors: {
    /** Asks which of some events may have caused an error. */
    correlate: Mutation<MCPErrorCorrelationRequest, MCPErrorCorrelationResponse>
  }
}
