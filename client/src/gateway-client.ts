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
  ProjectResolveResponse,
  SessionOut,
} from '@achilles/mcp-contract'
import type { CallOptions } from './call-context.ts'

/** An insight, and the id after which `lastEventId` resumes: its `insight_id`. */
export interface TrackedInsight {
  id: string
  data: InsightOut
}

/** Every operation of the gateway. Each call rejects with a `GatewayError`, or with the reason of its `signal`. */
export interface GatewayClient {
  health: {
    /** Returns the gateway’s own health, without a call to Core. */
    query(input?: undefined, options?: CallOptions): Promise<MCPHealthResponse>
  }
  coreHealth: {
    /** Returns the health that Core reports. */
    query(input?: undefined, options?: CallOptions): Promise<MCPHealthResponse>
  }
  handshake: {
    /** Identifies the client; returns the session token and the batch and body sizes to respect. */
    mutate(input: MCPHandshakeRequest, options?: CallOptions): Promise<MCPHandshakeResponse>
  }
  sessions: {
    create: {
      /** Creates a session, or returns the one with the same `external_session_key`. */
      mutate(input: MCPSessionCreate, options?: CallOptions): Promise<SessionOut>
    }
    update: {
      /** Sets the status of a session. */
      mutate(input: MCPSessionUpdate, options?: CallOptions): Promise<SessionOut>
    }
    resolve: {
      /** Finds a session by the client’s own key; creates none. */
      query(input: MCPSessionResolve, options?: CallOptions): Promise<MCPSessionResolveResponse>
    }
  }
  projects: {
    resolve: {
      /** Finds the project of a workspace, or creates it if `create_if_missing` is true. */
      mutate(input: MCPProjectResolve, options?: CallOptions): Promise<ProjectResolveResponse>
    }
  }
  signals: {
    ingestBatch: {
      /** Sends up to 1000 events. Rejected events are in `failed`; resending a batch is safe. */
      mutate(input: MCPEventBatch, options?: CallOptions): Promise<EventBatchResponse>
    }
    ingest: {
      /** Sends one event. Prefer batches, which cost Core far less. */
      mutate(input: MCPEvent, options?: CallOptions): Promise<EventBatchResponse>
    }
    insights: {
      /** Returns Core’s findings about a session, newest first. */
      query(input: MCPInsightsQuery, options?: CallOptions): Promise<InsightOut[]>
    }
    watchInsights: {
      /**
       * Yields the insights of a session: first the existing ones, oldest first, or those since `since`, and then each
       * new one within seconds. Reconnects by itself, and yields each once; throws a `GatewayError` if no retry helps.
       * `signal`, `break` or `return()` ends it.
       */
      subscribe(input: MCPInsightsWatch, options?: CallOptions): AsyncIterableIterator<TrackedInsight>
    }
  }
  state: {
    snapshot: {
      /** Stores a snapshot of a session’s state. */
      mutate(input: MCPSessionSnapshotRequest, options?: CallOptions): Promise<MCPSessionSnapshotResponse>
    }
  }
  agents: {
    recordPerformance: {
      /** Stores the performance of an agent in a time window. */
      mutate(input: MCPAgentPerformanceSnapshot, options?: CallOptions): Promise<MCPAgentPerformanceResponse>
    }
  }
  errors: {
    correlate: {
      /** Scores which of the given events may have caused an error. */
      mutate(input: MCPErrorCorrelationRequest, options?: CallOptions): Promise<MCPErrorCorrelationResponse>
    }
  }
}
