export interface paths {
  '/health': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * The gateway’s own health
     * @description Answered by the gateway alone, without a call to Core.
     */
    get: operations['health']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/health/core': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Core’s health
     * @description What Core says of itself.
     */
    get: operations['coreHealth']
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/handshake': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Negotiate
     * @description The first call of a client: says who it is, learns the session token to send on as `x-mcp-session-token` and the sizes to keep to. `max_payload_bytes` is never above what this gateway takes.
     */
    post: operations['handshake']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/sessions': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Open a session
     * @description Opens a session, or answers with the one that the same `external_session_key` opened before. Events, snapshots and insights belong to its `session_id`.
     */
    post: operations['sessions-create']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/sessions/{session_id}': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    post?: never
    delete?: never
    options?: never
    head?: never
    /**
     * Set the state of a session
     * @description Sets `status` and, at the end, `end_time`, which is not before `start_time`. Setting the same state again changes nothing; `active` opens the session again, without an `end_time`.
     */
    patch: operations['sessions-update']
    trace?: never
  }
  '/sessions/resolve': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Find a session by the client’s own key
     * @description Answers `found: false` and `session: null` where there is none; nothing is made.
     */
    post: operations['sessions-resolve']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/projects/resolve': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Find the project of a workspace
     * @description Makes the project where `create_if_missing` is true; otherwise a workspace without one is a 404.
     */
    post: operations['projects-resolve']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/signals/events/batch': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Send a batch of events
     * @description Up to 1000 events. One invalid event refuses the whole batch, every fault named; then nothing was forwarded. Events that Core did not take stand in `failed`, the others in `results`. Sending a batch again is safe.
     */
    post: operations['signals-ingestBatch']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/signals/events': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Send one event
     * @description The same as a batch of one. Prefer batches: they cost Core far less.
     */
    post: operations['signals-ingest']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/signals/insights': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    /**
     * Read what Core has learned from a session, as a GET
     * @description The same as the `POST`, its fields as query parameters.
     */
    get: operations['signals-insights-query']
    put?: never
    /**
     * Read what Core has learned from a session
     * @description Newest first, at most `limit`. Also a `GET` with the same fields as query parameters.
     */
    post: operations['signals-insights']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/state/session': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Keep a snapshot of a session’s state
     * @description With an `Idempotency-Key` a repeated call answers as the first did and stores nothing twice.
     */
    post: operations['state-snapshot']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/agents/performance': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Record how an agent did
     * @description One snapshot a window of time. With an `Idempotency-Key` a repeated call answers as the first did and stores nothing twice.
     */
    post: operations['agents-recordPerformance']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
  '/errors/correlations': {
    parameters: {
      query?: never
      header?: never
      path?: never
      cookie?: never
    }
    get?: never
    put?: never
    /**
     * Ask what may have caused an error
     * @description Scores up to 100 candidate events. With an `Idempotency-Key` a repeated call answers as the first did and stores nothing twice.
     */
    post: operations['errors-correlate']
    delete?: never
    options?: never
    head?: never
    patch?: never
    trace?: never
  }
}
export type webhooks = Record<string, never>
export interface components {
  schemas: {
    /**
     * @description Whose work an event is.
     * @example human
     * @enum {string}
     */
    AttributionSource: 'human' | 'agent' | 'mixed' | 'unknown'
    /**
     * @description How likely an event caused the error: `score` from 0 to 1.
     * @example {
     *       "event_id": "0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11",
     *       "score": 0.8,
     *       "reason": "edited the failing file 40 s before"
     *     }
     */
    ErrorCorrelation: {
      event_id: string
      score: number
      reason: string
    } & {
      [key: string]: unknown
    }
    /**
     * @description An event that Core did not take, and why.
     * @example {
     *       "event_id": "0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11",
     *       "error": "session ses_8c41 is unknown",
     *       "code": "UNKNOWN_SESSION"
     *     }
     */
    EventBatchFailed: {
      event_id: string
      error: string
      code?: string
    } & {
      [key: string]: unknown
    }
    /**
     * @description An event that Core holds: now (`accepted`) or before (`duplicate`).
     * @example {
     *       "event_id": "0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11",
     *       "status": "accepted"
     *     }
     */
    EventBatchResult: {
      event_id: string
      status: components['schemas']['EventStatus'] | string
    } & {
      [key: string]: unknown
    }
    /**
     * @description What happened.
     * @example file_edited
     * @enum {string}
     */
    EventType:
      | 'file_opened'
      | 'file_edited'
      | 'file_saved'
      | 'file_closed'
      | 'command_executed'
      | 'test_run'
      | 'build_run'
      | 'debug_run'
      | 'git_operation'
      | 'diagnostic_reported'
      | 'agent_prompt'
      | 'agent_response'
      | 'tool_call'
      | 'tool_result'
      | 'suggestion_shown'
      | 'suggestion_accepted'
      | 'suggestion_rejected'
      | 'error'
      | 'custom'
    /**
     * @description One thing that happened in a session. The client makes `event_id`; sending it again is safe.
     * @example {
     *       "event_id": "0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11",
     *       "event_type": "file_edited",
     *       "source_type": "ide",
     *       "session_id": "ses_8c41",
     *       "timestamp": "2026-03-02T09:04:11.250Z",
     *       "file_path": "src/cart.ts",
     *       "language": "typescript",
     *       "attribution_source": "human",
     *       "attribution_confidence": 0.98,
     *       "payload": {
     *         "lines_added": 12,
     *         "lines_removed": 3
     *       }
     *     }
     */
    MCPEvent: {
      /** @description Made by the client, unique within its session; sending it again is safe. */
      event_id: string
      event_type: components['schemas']['EventType']
      source_type: components['schemas']['SourceType']
      /** @description The session that it belongs to. */
      session_id: string
      /**
       * Format: date-time
       * @description When it happened: RFC 3339, with `Z` or an offset.
       */
      timestamp: string
      project_id?: string
      workspace_id?: string
      user_id?: string
      /** @description The agent that did it or that it is about. */
      agent_id?: string
      /** @description The event that led to this one. */
      parent_event_id?: string
      /** @description The same for events that belong together. */
      correlation_id?: string
      /** @description The file that it is about. */
      file_path?: string
      /** @description The file’s language, e.g. `typescript`. */
      language?: string
      /** @description How long it took, in milliseconds. */
      duration_ms?: number
      attribution_source?: components['schemas']['AttributionSource']
      /** @description How sure the attribution is, from 0 to 1. */
      attribution_confidence?: number
      /** @description Free: what is known of the agent. */
      agent_metadata?: {
        [key: string]: unknown
      }
      /** @description Free: what is known around the event. */
      metadata_?: {
        [key: string]: unknown
      }
      /** @description Free: what happened, in detail. */
      payload?: {
        [key: string]: unknown
      }
    }
    /**
     * @description Every code that an error of the gateway’s can have.
     * @example BAD_REQUEST
     * @enum {string}
     */
    ProblemCode:
      | 'BAD_REQUEST'
      | 'UNAUTHORIZED'
      | 'FORBIDDEN'
      | 'NOT_FOUND'
      | 'METHOD_NOT_SUPPORTED'
      | 'CONFLICT'
      | 'PAYLOAD_TOO_LARGE'
      | 'UNSUPPORTED_MEDIA_TYPE'
      | 'UNPROCESSABLE_CONTENT'
      | 'TOO_MANY_REQUESTS'
      | 'INTERNAL_SERVER_ERROR'
      | 'BAD_GATEWAY'
      | 'CORE_CONTRACT_VIOLATION'
      | 'SERVICE_UNAVAILABLE'
      | 'GATEWAY_TIMEOUT'
    /**
     * @description One fault of an input, at its path; the input itself is the empty path.
     * @example {
     *       "path": "events[3].timestamp",
     *       "message": "must be RFC 3339 with Z or an offset, such as 2026-03-02T09:04:11+01:00"
     *     }
     */
    ProblemIssue: {
      path: string
      message: string
    } & {
      [key: string]: unknown
    }
    /**
     * @description A session as Core holds it.
     * @example {
     *       "session_id": "ses_8c41",
     *       "external_session_key": "vscode-7f3a",
     *       "user_id": "ada",
     *       "workspace_id": "ws-checkout",
     *       "project_id": null,
     *       "status": "active",
     *       "start_time": "2026-03-02T09:00:00Z",
     *       "end_time": null,
     *       "tags": [
     *         "refactoring"
     *       ],
     *       "config_snapshot": {
     *         "editor": {
     *           "tab_size": 2
     *         }
     *       },
     *       "created_at": "2026-03-02T09:00:00.412915Z",
     *       "updated_at": "2026-03-02T09:00:00.412915Z"
     *     }
     */
    SessionOut: {
      session_id: string
      external_session_key: string
      user_id: string
      workspace_id: string
      project_id: string | null
      status: components['schemas']['SessionStatus'] | string
      /** Format: date-time */
      start_time: string
      end_time: string | null
      tags: string[]
      config_snapshot: {
        [key: string]: unknown
      } | null
      /** Format: date-time */
      created_at: string
      /** Format: date-time */
      updated_at: string
    } & {
      [key: string]: unknown
    }
    /**
     * @description Where a session stands in its life.
     * @example active
     * @enum {string}
     */
    SessionStatus: 'active' | 'completed' | 'abandoned' | 'failed'
    /**
     * @description What a snapshot shows.
     * @example workspace_state
     * @enum {string}
     */
    SnapshotType: 'workspace_state' | 'editor_state' | 'agent_context' | 'custom'
    /**
     * @description Where an event was seen.
     * @example ide
     * @enum {string}
     */
    SourceType: 'ide' | 'agent' | 'cli' | 'ci' | 'system'
    /**
     * @description What became of each event of a batch. A partial success is a success: look at `failed`.
     * @example {
     *       "results": [
     *         {
     *           "event_id": "0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11",
     *           "status": "accepted"
     *         }
     *       ],
     *       "failed": []
     *     }
     */
    EventBatchResponse: {
      results: components['schemas']['EventBatchResult'][]
      failed: components['schemas']['EventBatchFailed'][]
    } & {
      [key: string]: unknown
    }
    /**
     * @description Something worth knowing that Core found in a session.
     * @example {
     *       "insight_id": "ins_77b2",
     *       "session_id": "ses_8c41",
     *       "severity": "medium",
     *       "category": "reliability",
     *       "title": "Burst of errors",
     *       "message": "6 errors within 5 minutes.",
     *       "agent_id": null,
     *       "payload": {
     *         "errors": 6,
     *         "window_minutes": 5
     *       },
     *       "created_at": "2026-03-02T12:10:00.000Z"
     *     }
     */
    InsightOut: {
      insight_id: string
      session_id: string
      severity: components['schemas']['InsightSeverity'] | string
      category: components['schemas']['InsightCategory'] | string
      title: string
      message: string
      /** @description The agent that it is about, if it is about one. */
      agent_id?: string | null
      /** @description The figures behind it. */
      payload: {
        [key: string]: unknown
      }
      /** Format: date-time */
      created_at: string
    } & {
      [key: string]: unknown
    }
    /**
     * @description The performance snapshot that Core keeps.
     * @example {
     *       "snapshot_id": "aps_2e90",
     *       "session_id": "ses_8c41",
     *       "agent_id": "reviewer",
     *       "created_at": "2026-03-02T10:00:00.204Z"
     *     }
     */
    MCPAgentPerformanceResponse: {
      snapshot_id: string
      session_id: string
      agent_id: string
      /** Format: date-time */
      created_at: string
    } & {
      [key: string]: unknown
    }
    /**
     * @description The correlations that Core found and keeps.
     * @example {
     *       "correlation_id": "cor_0b6d",
     *       "session_id": "ses_8c41",
     *       "error_event_id": "0198e9a2-7a10-7000-8000-000000000003",
     *       "correlations": [
     *         {
     *           "event_id": "0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11",
     *           "score": 0.8,
     *           "reason": "edited the failing file 40 s before"
     *         }
     *       ]
     *     }
     */
    MCPErrorCorrelationResponse: {
      correlation_id: string
      session_id: string
      error_event_id: string
      correlations: components['schemas']['ErrorCorrelation'][]
    } & {
      [key: string]: unknown
    }
    /**
     * @description What Core grants: a session token and the sizes a client should keep to.
     * @example {
     *       "server_name": "achilles-core",
     *       "server_version": "3.2.0",
     *       "mcp_session_token": "mst_4f1c9a",
     *       "preferred_batch_size": 200,
     *       "max_payload_bytes": 5242880,
     *       "features": {
     *         "insights": true,
     *         "snapshots": true
     *       }
     *     }
     */
    MCPHandshakeResponse: {
      server_name: string
      server_version: string
      /** @description Send it on as `x-mcp-session-token` with every later call. */
      mcp_session_token: string
      /** @description Events a batch should hold at most. */
      preferred_batch_size: number
      /** @description Bytes a request body may have at most; never above the gateway’s own limit. */
      max_payload_bytes: number
      features: {
        [key: string]: boolean
      }
    } & {
      [key: string]: unknown
    }
    /**
     * @description Whether a server is well and takes events.
     * @example {
     *       "status": "ok",
     *       "uptime_seconds": 3600.2,
     *       "accepting_signals": true,
     *       "last_ingest_error_at": null
     *     }
     */
    MCPHealthResponse: {
      status: components['schemas']['HealthStatus'] | string
      /** @description Seconds since it started. */
      uptime_seconds: number
      /** @description Whether it takes events now. */
      accepting_signals: boolean
      /** @description When events were last refused or lost; `null` where that never happened. */
      last_ingest_error_at: string | null
    } & {
      [key: string]: unknown
    }
    /**
     * @description The session asked for, or `found: false` and `null`.
     * @example {
     *       "found": true,
     *       "session": {
     *         "session_id": "ses_8c41",
     *         "external_session_key": "vscode-7f3a",
     *         "user_id": "ada",
     *         "workspace_id": "ws-checkout",
     *         "project_id": null,
     *         "status": "active",
     *         "start_time": "2026-03-02T09:00:00Z",
     *         "end_time": null,
     *         "tags": [
     *           "refactoring"
     *         ],
     *         "config_snapshot": {
     *           "editor": {
     *             "tab_size": 2
     *           }
     *         },
     *         "created_at": "2026-03-02T09:00:00.412915Z",
     *         "updated_at": "2026-03-02T09:00:00.412915Z"
     *       }
     *     }
     * @example {
     *       "found": false,
     *       "session": null
     *     }
     */
    MCPSessionResolveResponse: {
      found: boolean
      session: components['schemas']['SessionOut'] | null
    } & {
      [key: string]: unknown
    }
    /**
     * @description The snapshot that Core keeps.
     * @example {
     *       "snapshot_id": "snp_51aa",
     *       "session_id": "ses_8c41",
     *       "snapshot_type": "workspace_state",
     *       "created_at": "2026-03-02T12:00:00.118Z"
     *     }
     */
    MCPSessionSnapshotResponse: {
      snapshot_id: string
      session_id: string
      snapshot_type: components['schemas']['SnapshotType'] | string
      /** Format: date-time */
      created_at: string
    } & {
      [key: string]: unknown
    }
    /**
     * @description The project of a workspace.
     * @example {
     *       "project_id": "prj_19d0",
     *       "created": true,
     *       "canonical_name": "checkout",
     *       "tags": []
     *     }
     */
    ProjectResolveResponse: {
      project_id: string
      /** @description True where this very call made the project. */
      created: boolean
      canonical_name?: string
      tags?: string[]
    } & {
      [key: string]: unknown
    }
    /**
     * @description What became of an event that Core took.
     * @example accepted
     * @enum {string}
     */
    EventStatus: 'accepted' | 'duplicate'
    /**
     * @description `degraded` while the circuit to Core is open, `draining` after a stop signal.
     * @example ok
     * @enum {string}
     */
    HealthStatus: 'ok' | 'degraded' | 'draining'
    /**
     * @description What an insight is about.
     * @example quality
     * @enum {string}
     */
    InsightCategory: 'productivity' | 'quality' | 'reliability' | 'security' | 'performance' | 'cost' | 'agent_behavior'
    /**
     * @description How much an insight matters.
     * @example medium
     * @enum {string}
     */
    InsightSeverity: 'info' | 'low' | 'medium' | 'high' | 'critical'
    /**
     * @description How an agent did in a window of time. Send an `Idempotency-Key` to make it safe to repeat.
     * @example {
     *       "session_id": "ses_8c41",
     *       "agent_id": "reviewer",
     *       "window_start": "2026-03-02T09:00:00Z",
     *       "window_end": "2026-03-02T10:00:00Z",
     *       "tasks_completed": 7,
     *       "tasks_failed": 1,
     *       "suggestions_shown": 24,
     *       "suggestions_accepted": 15,
     *       "latency_ms_p50": 820.5,
     *       "latency_ms_p95": 2410,
     *       "tokens_in": 51200,
     *       "tokens_out": 9800,
     *       "cost_usd": 0.42
     *     }
     */
    MCPAgentPerformanceSnapshot: {
      session_id: string
      agent_id: string
      /**
       * Format: date-time
       * @description When the window begins: RFC 3339, with `Z` or an offset.
       */
      window_start: string
      /**
       * Format: date-time
       * @description When it ends.
       */
      window_end: string
      tasks_completed: number
      tasks_failed: number
      /** @description Suggestions that a person saw. */
      suggestions_shown?: number
      /** @description Those of them that were taken. */
      suggestions_accepted?: number
      /** @description The median latency, in milliseconds. */
      latency_ms_p50?: number
      /** @description The latency that 95 % stayed within, in milliseconds. */
      latency_ms_p95?: number
      /** @description Tokens that the agent was given. */
      tokens_in?: number
      /** @description Tokens that it produced. */
      tokens_out?: number
      /** @description What it cost, in US dollars. */
      cost_usd?: number
      /** @description Free: what else is known. */
      metadata_?: {
        [key: string]: unknown
      }
    }
    /**
     * @description Asks which of some events may have caused an error. Send an `Idempotency-Key` to make it safe to repeat.
     * @example {
     *       "session_id": "ses_8c41",
     *       "error_event_id": "0198e9a2-7a10-7000-8000-000000000003",
     *       "candidate_event_ids": [
     *         "0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11"
     *       ],
     *       "window_seconds": 600
     *     }
     */
    MCPErrorCorrelationRequest: {
      session_id: string
      /** @description The event that is the error. */
      error_event_id: string
      /** @description The events that may have caused it. */
      candidate_event_ids: string[]
      /** @description The same for errors of one kind. */
      fingerprint?: string
      /** @description How long before the error a cause may lie, in seconds. */
      window_seconds?: number
    }
    /**
     * @description 1–1000 events, no `event_id` twice. One invalid event refuses the whole batch.
     * @example {
     *       "events": [
     *         {
     *           "event_id": "0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11",
     *           "event_type": "file_edited",
     *           "source_type": "ide",
     *           "session_id": "ses_8c41",
     *           "timestamp": "2026-03-02T09:04:11.250Z",
     *           "file_path": "src/cart.ts",
     *           "language": "typescript",
     *           "attribution_source": "human",
     *           "attribution_confidence": 0.98,
     *           "payload": {
     *             "lines_added": 12,
     *             "lines_removed": 3
     *           }
     *         }
     *       ]
     *     }
     */
    MCPEventBatch: {
      events: components['schemas']['MCPEvent'][]
    }
    /**
     * @description What a client says of itself when it begins to negotiate.
     * @example {
     *       "client_name": "achilles-vscode",
     *       "client_version": "1.4.0",
     *       "ide_name": "vscode",
     *       "ide_version": "1.96.2",
     *       "workspace_id": "ws-checkout",
     *       "workspace_root": "/home/ada/checkout",
     *       "user_id": "ada",
     *       "capabilities": {
     *         "snapshots": true
     *       }
     *     }
     */
    MCPHandshakeRequest: {
      /** @description Name of the client, e.g. the extension’s package name. */
      client_name: string
      /** @description The client’s own version. */
      client_version: string
      /** @description The editor that the client runs in. */
      ide_name?: string
      ide_version?: string
      /** @description The workspace that the client works in. */
      workspace_id: string
      /** @description Absolute path of the workspace on the client’s machine. */
      workspace_root?: string
      /** @description Who works. */
      user_id?: string
      /** @description The version of this protocol that the client speaks. */
      protocol_version?: string
      /** @description What the client can do, by name. */
      capabilities?: {
        [key: string]: boolean
      }
    }
    /**
     * @description Asks what Core has learned from a session.
     * @example {
     *       "session_id": "ses_8c41",
     *       "limit": 20
     *     }
     */
    MCPInsightsQuery: {
      /** @description The session asked about. */
      session_id: string
      /**
       * Format: date-time
       * @description Only insights made at or after this time.
       */
      since?: string
      /**
       * @description Insights to answer with, at most.
       * @default 50
       */
      limit?: number
    }
    /**
     * @description Finds the project of a workspace, or makes it where `create_if_missing` is true.
     * @example {
     *       "workspace_id": "ws-checkout",
     *       "workspace_root": "/home/ada/checkout",
     *       "vcs_remote_url": "https://git.example.com/shop/checkout.git",
     *       "labels": {
     *         "team": "payments"
     *       },
     *       "create_if_missing": true
     *     }
     */
    MCPProjectResolve: {
      workspace_id: string
      /** @description Absolute path of the workspace on the client’s machine. */
      workspace_root: string
      /** @description Where its repository is. */
      vcs_remote_url?: string
      /** @description Free labels by name. */
      labels?: {
        [key: string]: string
      }
      /**
       * @description Without it a workspace that has no project is a 404.
       * @default false
       */
      create_if_missing?: boolean
    }
    /**
     * @description Opens a session; the same `external_session_key` in the same workspace gives the same session.
     * @example {
     *       "external_session_key": "vscode-7f3a",
     *       "user_id": "ada",
     *       "workspace_id": "ws-checkout",
     *       "start_time": "2026-03-02T09:00:00Z",
     *       "tags": [
     *         "refactoring"
     *       ],
     *       "config_snapshot": {
     *         "editor": {
     *           "tab_size": 2
     *         }
     *       }
     *     }
     */
    MCPSessionCreate: {
      /** @description The client’s own key of the session; makes the call safe to repeat. */
      external_session_key: string
      /** @description Who works. */
      user_id: string
      workspace_id: string
      /**
       * Format: date-time
       * @description When it began: RFC 3339, with `Z` or an offset.
       */
      start_time: string
      project_id?: string
      /** @description Free words to find it by. */
      tags?: string[]
      /** @description Settings of the client worth keeping with the session. */
      config_snapshot?: {
        [key: string]: unknown
      }
    }
    /**
     * @description Asks for a session by the client’s own key.
     * @example {
     *       "external_session_key": "vscode-7f3a",
     *       "workspace_id": "ws-checkout"
     *     }
     */
    MCPSessionResolve: {
      external_session_key: string
      workspace_id?: string
      user_id?: string
    }
    /**
     * @description Keeps a picture of a session’s state. Send an `Idempotency-Key` to make it safe to repeat.
     * @example {
     *       "session_id": "ses_8c41",
     *       "snapshot_type": "workspace_state",
     *       "payload": {
     *         "open_files": [
     *           "src/cart.ts"
     *         ],
     *         "branch": "main"
     *       },
     *       "captured_at": "2026-03-02T12:00:00Z"
     *     }
     */
    MCPSessionSnapshotRequest: {
      /** @description The session that it belongs to. */
      session_id: string
      snapshot_type: components['schemas']['SnapshotType']
      /** @description Free: the state itself. */
      payload: {
        [key: string]: unknown
      }
      /**
       * Format: date-time
       * @description When it was taken: RFC 3339, with `Z` or an offset.
       */
      captured_at?: string
    }
    /**
     * @description Sets the state of a session.
     * @example {
     *       "status": "completed",
     *       "end_time": "2026-03-02T17:30:00Z"
     *     }
     */
    MCPSessionUpdate: {
      status: components['schemas']['SessionStatus']
      /**
       * Format: date-time
       * @description When it ended: RFC 3339, with `Z` or an offset.
       */
      end_time?: string
    }
    /**
     * @description The one envelope of every error, on every surface (RFC 9457).
     * @example {
     *       "type": "/problems/bad-request",
     *       "title": "Bad request",
     *       "status": 400,
     *       "detail": "events[3].timestamp: must be RFC 3339 with Z or an offset, such as 2026-03-02T09:04:11+01:00",
     *       "code": "BAD_REQUEST",
     *       "request_id": "0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11",
     *       "retryable": false,
     *       "issues": [
     *         {
     *           "path": "events[3].timestamp",
     *           "message": "must be RFC 3339 with Z or an offset, such as 2026-03-02T09:04:11+01:00"
     *         }
     *       ]
     *     }
     */
    Problem: {
      /** @description A URI reference under `/problems/` that names the kind of problem. */
      type: string
      /** @description What kind of problem it is, for a person. */
      title: string
      /** @description The HTTP status. */
      status: number
      /** @description What happened, for a person. */
      detail: string
      code: components['schemas']['ProblemCode']
      /** @description Finds the request in the logs. */
      request_id: string
      /** @description Whether the same call may succeed later. */
      retryable: boolean
      /** @description The faults found in the input, at most 100. */
      issues?: components['schemas']['ProblemIssue'][]
      /** @description How many faults were found beyond those in `issues`. */
      issues_omitted?: number
      /** @description What Core answered, where it did. */
      upstream?: {
        status: number
        detail?: string
      } & {
        [key: string]: unknown
      }
    } & {
      [key: string]: unknown
    }
  }
  responses: {
    /** @description The request is not valid; `issues` holds the faults with their paths, at most 100; `issues_omitted` counts the others. Nothing was forwarded. */
    BadRequest: {
      headers: {
        'x-request-id': components['headers']['RequestId']
        RateLimit: components['headers']['RateLimit']
        'RateLimit-Policy': components['headers']['RateLimitPolicy']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description No API key or token, or none that the gateway knows. */
    Unauthorized: {
      headers: {
        'x-request-id': components['headers']['RequestId']
        RateLimit: components['headers']['RateLimit']
        'RateLimit-Policy': components['headers']['RateLimitPolicy']
        'WWW-Authenticate': components['headers']['Challenge']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description The caller may not reach that workspace; or the gateway has no credentials and serves local callers. */
    Forbidden: {
      headers: {
        'x-request-id': components['headers']['RequestId']
        RateLimit: components['headers']['RateLimit']
        'RateLimit-Policy': components['headers']['RateLimitPolicy']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description What the request names does not exist. */
    NotFound: {
      headers: {
        'x-request-id': components['headers']['RequestId']
        RateLimit: components['headers']['RateLimit']
        'RateLimit-Policy': components['headers']['RateLimitPolicy']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Core holds something that contradicts the request. */
    Conflict: {
      headers: {
        'x-request-id': components['headers']['RequestId']
        RateLimit: components['headers']['RateLimit']
        'RateLimit-Policy': components['headers']['RateLimitPolicy']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description The body, as sent or unpacked, is larger than the gateway takes (see `max_payload_bytes`), or holds more than 250,000 JSON tokens: commas, colons, opening brackets and braces. */
    PayloadTooLarge: {
      headers: {
        'x-request-id': components['headers']['RequestId']
        RateLimit: components['headers']['RateLimit']
        'RateLimit-Policy': components['headers']['RateLimitPolicy']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description The body is not JSON by its `content-type`, or packed in another way than gzip. */
    UnsupportedMediaType: {
      headers: {
        'x-request-id': components['headers']['RequestId']
        RateLimit: components['headers']['RateLimit']
        'RateLimit-Policy': components['headers']['RateLimitPolicy']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description The request is valid for the gateway; Core refuses it. */
    UnprocessableContent: {
      headers: {
        'x-request-id': components['headers']['RequestId']
        RateLimit: components['headers']['RateLimit']
        'RateLimit-Policy': components['headers']['RateLimitPolicy']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description The caller’s rate is used up. Wait as long as `Retry-After` says. */
    TooManyRequests: {
      headers: {
        'x-request-id': components['headers']['RequestId']
        RateLimit: components['headers']['RateLimit']
        'RateLimit-Policy': components['headers']['RateLimitPolicy']
        'Retry-After': components['headers']['RetryAfter']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description A fault of the gateway’s own. */
    InternalServerError: {
      headers: {
        'x-request-id': components['headers']['RequestId']
        RateLimit: components['headers']['RateLimit']
        'RateLimit-Policy': components['headers']['RateLimitPolicy']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Core failed, or something other than Core responded (`BAD_GATEWAY`); or its answer breaks the contract (`CORE_CONTRACT_VIOLATION`). */
    BadGateway: {
      headers: {
        'x-request-id': components['headers']['RequestId']
        RateLimit: components['headers']['RateLimit']
        'RateLimit-Policy': components['headers']['RateLimitPolicy']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Core cannot be reached or has failed too often, too many calls wait, or the gateway is stopping. */
    ServiceUnavailable: {
      headers: {
        'x-request-id': components['headers']['RequestId']
        RateLimit: components['headers']['RateLimit']
        'RateLimit-Policy': components['headers']['RateLimitPolicy']
        'Retry-After': components['headers']['RetryAfter']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Core did not answer in time. A write may have been done: repeat it with the same `idempotency-key`. */
    GatewayTimeout: {
      headers: {
        'x-request-id': components['headers']['RequestId']
        RateLimit: components['headers']['RateLimit']
        'RateLimit-Policy': components['headers']['RateLimitPolicy']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
    /** @description Any other refusal of Core’s is passed on in the same envelope. */
    OtherRefusal: {
      headers: {
        'x-request-id': components['headers']['RequestId']
        RateLimit: components['headers']['RateLimit']
        'RateLimit-Policy': components['headers']['RateLimitPolicy']
        'Retry-After': components['headers']['RetryAfter']
        [name: string]: unknown
      }
      content: {
        'application/problem+json': components['schemas']['Problem']
      }
    }
  }
  parameters: {
    /**
     * @description Names the request in the logs of gateway and Core. Where it is absent or not usable, the gateway makes one.
     * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
     */
    RequestId: string
    /**
     * @description The token that the handshake gave.
     * @example mst_4f1c9a
     */
    SessionToken: string
    /**
     * @description Makes a write safe to repeat: send the same key again with the same body. Without it the gateway makes one.
     * @example snapshot-2026-03-02T12:00
     */
    IdempotencyKey: string
    /**
     * @description Where the request stands in a trace (W3C Trace Context). Passed on to Core.
     * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
     */
    TraceParent: string
    /**
     * @description What tracing systems add to `traceparent`. Passed on to Core.
     * @example vendor=00f067aa0ba902b7
     */
    TraceState: string
  }
  requestBodies: never
  headers: {
    /**
     * @description The request’s id, the caller’s own where it sent a usable one.
     * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
     */
    RequestId: string
    /**
     * @description Calls left (`r`) and seconds until the rate is whole again (`t`); where the gateway sets a rate.
     * @example "default";r=5999;t=60
     */
    RateLimit: string
    /**
     * @description The rate: calls (`q`) in a window of seconds (`w`); where the gateway sets one.
     * @example "default";q=6000;w=60
     */
    RateLimitPolicy: string
    /**
     * @description Seconds to wait before the call is repeated; Core’s own value may be a date.
     * @example 2
     */
    RetryAfter: string
    /**
     * @description How to authenticate, and for JWT where to learn who issues them (RFC 9728).
     * @example Bearer realm="achilles"
     */
    Challenge: string
  }
  pathItems: never
}
export type $defs = Record<string, never>
export interface operations {
  health: {
    parameters: {
      query?: never
      header?: {
        /**
         * @description Names the request in the logs of gateway and Core. Where it is absent or not usable, the gateway makes one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
      }
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Whether a server is well and takes events. */
      200: {
        headers: {
          'x-request-id': components['headers']['RequestId']
          RateLimit: components['headers']['RateLimit']
          'RateLimit-Policy': components['headers']['RateLimitPolicy']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['MCPHealthResponse']
        }
      }
      400: components['responses']['BadRequest']
      403: components['responses']['Forbidden']
      429: components['responses']['TooManyRequests']
      500: components['responses']['InternalServerError']
    }
  }
  coreHealth: {
    parameters: {
      query?: never
      header?: {
        /**
         * @description Names the request in the logs of gateway and Core. Where it is absent or not usable, the gateway makes one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token that the handshake gave.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Where the request stands in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description What tracing systems add to `traceparent`. Passed on to Core.
         * @example vendor=00f067aa0ba902b7
         */
        tracestate?: components['parameters']['TraceState']
      }
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description Whether a server is well and takes events. */
      200: {
        headers: {
          'x-request-id': components['headers']['RequestId']
          RateLimit: components['headers']['RateLimit']
          'RateLimit-Policy': components['headers']['RateLimitPolicy']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['MCPHealthResponse']
        }
      }
      400: components['responses']['BadRequest']
      401: components['responses']['Unauthorized']
      403: components['responses']['Forbidden']
      429: components['responses']['TooManyRequests']
      500: components['responses']['InternalServerError']
      502: components['responses']['BadGateway']
      503: components['responses']['ServiceUnavailable']
      504: components['responses']['GatewayTimeout']
      default: components['responses']['OtherRefusal']
    }
  }
  handshake: {
    parameters: {
      query?: never
      header?: {
        /**
         * @description Names the request in the logs of gateway and Core. Where it is absent or not usable, the gateway makes one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. Without it the gateway makes one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description Where the request stands in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description What tracing systems add to `traceparent`. Passed on to Core.
         * @example vendor=00f067aa0ba902b7
         */
        tracestate?: components['parameters']['TraceState']
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['MCPHandshakeRequest']
      }
    }
    responses: {
      /** @description What Core grants: a session token and the sizes a client should keep to. */
      200: {
        headers: {
          'x-request-id': components['headers']['RequestId']
          RateLimit: components['headers']['RateLimit']
          'RateLimit-Policy': components['headers']['RateLimitPolicy']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['MCPHandshakeResponse']
        }
      }
      400: components['responses']['BadRequest']
      401: components['responses']['Unauthorized']
      403: components['responses']['Forbidden']
      409: components['responses']['Conflict']
      413: components['responses']['PayloadTooLarge']
      415: components['responses']['UnsupportedMediaType']
      422: components['responses']['UnprocessableContent']
      429: components['responses']['TooManyRequests']
      500: components['responses']['InternalServerError']
      502: components['responses']['BadGateway']
      503: components['responses']['ServiceUnavailable']
      504: components['responses']['GatewayTimeout']
      default: components['responses']['OtherRefusal']
    }
  }
  'sessions-create': {
    parameters: {
      query?: never
      header?: {
        /**
         * @description Names the request in the logs of gateway and Core. Where it is absent or not usable, the gateway makes one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token that the handshake gave.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. Without it the gateway makes one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description Where the request stands in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description What tracing systems add to `traceparent`. Passed on to Core.
         * @example vendor=00f067aa0ba902b7
         */
        tracestate?: components['parameters']['TraceState']
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['MCPSessionCreate']
      }
    }
    responses: {
      /** @description A session as Core holds it. */
      200: {
        headers: {
          'x-request-id': components['headers']['RequestId']
          RateLimit: components['headers']['RateLimit']
          'RateLimit-Policy': components['headers']['RateLimitPolicy']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['SessionOut']
        }
      }
      400: components['responses']['BadRequest']
      401: components['responses']['Unauthorized']
      403: components['responses']['Forbidden']
      409: components['responses']['Conflict']
      413: components['responses']['PayloadTooLarge']
      415: components['responses']['UnsupportedMediaType']
      422: components['responses']['UnprocessableContent']
      429: components['responses']['TooManyRequests']
      500: components['responses']['InternalServerError']
      502: components['responses']['BadGateway']
      503: components['responses']['ServiceUnavailable']
      504: components['responses']['GatewayTimeout']
      default: components['responses']['OtherRefusal']
    }
  }
  'sessions-update': {
    parameters: {
      query?: never
      header?: {
        /**
         * @description Names the request in the logs of gateway and Core. Where it is absent or not usable, the gateway makes one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token that the handshake gave.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. Without it the gateway makes one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description Where the request stands in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description What tracing systems add to `traceparent`. Passed on to Core.
         * @example vendor=00f067aa0ba902b7
         */
        tracestate?: components['parameters']['TraceState']
      }
      path: {
        /** @description The session’s id, as Core gave it. */
        session_id: string
      }
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['MCPSessionUpdate']
      }
    }
    responses: {
      /** @description A session as Core holds it. */
      200: {
        headers: {
          'x-request-id': components['headers']['RequestId']
          RateLimit: components['headers']['RateLimit']
          'RateLimit-Policy': components['headers']['RateLimitPolicy']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['SessionOut']
        }
      }
      400: components['responses']['BadRequest']
      401: components['responses']['Unauthorized']
      403: components['responses']['Forbidden']
      /** @description No session has this id. */
      404: components['responses']['NotFound']
      409: components['responses']['Conflict']
      413: components['responses']['PayloadTooLarge']
      415: components['responses']['UnsupportedMediaType']
      422: components['responses']['UnprocessableContent']
      429: components['responses']['TooManyRequests']
      500: components['responses']['InternalServerError']
      502: components['responses']['BadGateway']
      503: components['responses']['ServiceUnavailable']
      504: components['responses']['GatewayTimeout']
      default: components['responses']['OtherRefusal']
    }
  }
  'sessions-resolve': {
    parameters: {
      query?: never
      header?: {
        /**
         * @description Names the request in the logs of gateway and Core. Where it is absent or not usable, the gateway makes one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token that the handshake gave.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Where the request stands in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description What tracing systems add to `traceparent`. Passed on to Core.
         * @example vendor=00f067aa0ba902b7
         */
        tracestate?: components['parameters']['TraceState']
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['MCPSessionResolve']
      }
    }
    responses: {
      /** @description The session asked for, or `found: false` and `null`. */
      200: {
        headers: {
          'x-request-id': components['headers']['RequestId']
          RateLimit: components['headers']['RateLimit']
          'RateLimit-Policy': components['headers']['RateLimitPolicy']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['MCPSessionResolveResponse']
        }
      }
      400: components['responses']['BadRequest']
      401: components['responses']['Unauthorized']
      403: components['responses']['Forbidden']
      413: components['responses']['PayloadTooLarge']
      415: components['responses']['UnsupportedMediaType']
      422: components['responses']['UnprocessableContent']
      429: components['responses']['TooManyRequests']
      500: components['responses']['InternalServerError']
      502: components['responses']['BadGateway']
      503: components['responses']['ServiceUnavailable']
      504: components['responses']['GatewayTimeout']
      default: components['responses']['OtherRefusal']
    }
  }
  'projects-resolve': {
    parameters: {
      query?: never
      header?: {
        /**
         * @description Names the request in the logs of gateway and Core. Where it is absent or not usable, the gateway makes one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token that the handshake gave.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. Without it the gateway makes one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description Where the request stands in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description What tracing systems add to `traceparent`. Passed on to Core.
         * @example vendor=00f067aa0ba902b7
         */
        tracestate?: components['parameters']['TraceState']
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['MCPProjectResolve']
      }
    }
    responses: {
      /** @description The project of a workspace. */
      200: {
        headers: {
          'x-request-id': components['headers']['RequestId']
          RateLimit: components['headers']['RateLimit']
          'RateLimit-Policy': components['headers']['RateLimitPolicy']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['ProjectResolveResponse']
        }
      }
      400: components['responses']['BadRequest']
      401: components['responses']['Unauthorized']
      403: components['responses']['Forbidden']
      /** @description The workspace has no project, and `create_if_missing` is not true. */
      404: components['responses']['NotFound']
      409: components['responses']['Conflict']
      413: components['responses']['PayloadTooLarge']
      415: components['responses']['UnsupportedMediaType']
      422: components['responses']['UnprocessableContent']
      429: components['responses']['TooManyRequests']
      500: components['responses']['InternalServerError']
      502: components['responses']['BadGateway']
      503: components['responses']['ServiceUnavailable']
      504: components['responses']['GatewayTimeout']
      default: components['responses']['OtherRefusal']
    }
  }
  'signals-ingestBatch': {
    parameters: {
      query?: never
      header?: {
        /**
         * @description Names the request in the logs of gateway and Core. Where it is absent or not usable, the gateway makes one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token that the handshake gave.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. Without it the gateway makes one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description Where the request stands in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description What tracing systems add to `traceparent`. Passed on to Core.
         * @example vendor=00f067aa0ba902b7
         */
        tracestate?: components['parameters']['TraceState']
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['MCPEventBatch']
      }
    }
    responses: {
      /** @description What became of each event of a batch. A partial success is a success: look at `failed`. */
      200: {
        headers: {
          'x-request-id': components['headers']['RequestId']
          RateLimit: components['headers']['RateLimit']
          'RateLimit-Policy': components['headers']['RateLimitPolicy']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['EventBatchResponse']
        }
      }
      400: components['responses']['BadRequest']
      401: components['responses']['Unauthorized']
      403: components['responses']['Forbidden']
      409: components['responses']['Conflict']
      413: components['responses']['PayloadTooLarge']
      415: components['responses']['UnsupportedMediaType']
      422: components['responses']['UnprocessableContent']
      429: components['responses']['TooManyRequests']
      500: components['responses']['InternalServerError']
      502: components['responses']['BadGateway']
      503: components['responses']['ServiceUnavailable']
      504: components['responses']['GatewayTimeout']
      default: components['responses']['OtherRefusal']
    }
  }
  'signals-ingest': {
    parameters: {
      query?: never
      header?: {
        /**
         * @description Names the request in the logs of gateway and Core. Where it is absent or not usable, the gateway makes one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token that the handshake gave.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. Without it the gateway makes one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description Where the request stands in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description What tracing systems add to `traceparent`. Passed on to Core.
         * @example vendor=00f067aa0ba902b7
         */
        tracestate?: components['parameters']['TraceState']
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['MCPEvent']
      }
    }
    responses: {
      /** @description What became of each event of a batch. A partial success is a success: look at `failed`. */
      200: {
        headers: {
          'x-request-id': components['headers']['RequestId']
          RateLimit: components['headers']['RateLimit']
          'RateLimit-Policy': components['headers']['RateLimitPolicy']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['EventBatchResponse']
        }
      }
      400: components['responses']['BadRequest']
      401: components['responses']['Unauthorized']
      403: components['responses']['Forbidden']
      409: components['responses']['Conflict']
      413: components['responses']['PayloadTooLarge']
      415: components['responses']['UnsupportedMediaType']
      422: components['responses']['UnprocessableContent']
      429: components['responses']['TooManyRequests']
      500: components['responses']['InternalServerError']
      502: components['responses']['BadGateway']
      503: components['responses']['ServiceUnavailable']
      504: components['responses']['GatewayTimeout']
      default: components['responses']['OtherRefusal']
    }
  }
  'signals-insights-query': {
    parameters: {
      query: {
        /** @description The session asked about. */
        session_id: string
        /** @description Only insights made at or after this time. */
        since?: string
        /** @description Insights to answer with, at most. */
        limit?: number
      }
      header?: {
        /**
         * @description Names the request in the logs of gateway and Core. Where it is absent or not usable, the gateway makes one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token that the handshake gave.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Where the request stands in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description What tracing systems add to `traceparent`. Passed on to Core.
         * @example vendor=00f067aa0ba902b7
         */
        tracestate?: components['parameters']['TraceState']
      }
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The insights, newest first. */
      200: {
        headers: {
          'x-request-id': components['headers']['RequestId']
          RateLimit: components['headers']['RateLimit']
          'RateLimit-Policy': components['headers']['RateLimitPolicy']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['InsightOut'][]
        }
      }
      400: components['responses']['BadRequest']
      401: components['responses']['Unauthorized']
      403: components['responses']['Forbidden']
      /** @description No session has this id. */
      404: components['responses']['NotFound']
      422: components['responses']['UnprocessableContent']
      429: components['responses']['TooManyRequests']
      500: components['responses']['InternalServerError']
      502: components['responses']['BadGateway']
      503: components['responses']['ServiceUnavailable']
      504: components['responses']['GatewayTimeout']
      default: components['responses']['OtherRefusal']
    }
  }
  'signals-insights': {
    parameters: {
      query?: never
      header?: {
        /**
         * @description Names the request in the logs of gateway and Core. Where it is absent or not usable, the gateway makes one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token that the handshake gave.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Where the request stands in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description What tracing systems add to `traceparent`. Passed on to Core.
         * @example vendor=00f067aa0ba902b7
         */
        tracestate?: components['parameters']['TraceState']
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['MCPInsightsQuery']
      }
    }
    responses: {
      /** @description The insights, newest first. */
      200: {
        headers: {
          'x-request-id': components['headers']['RequestId']
          RateLimit: components['headers']['RateLimit']
          'RateLimit-Policy': components['headers']['RateLimitPolicy']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['InsightOut'][]
        }
      }
      400: components['responses']['BadRequest']
      401: components['responses']['Unauthorized']
      403: components['responses']['Forbidden']
      /** @description No session has this id. */
      404: components['responses']['NotFound']
      413: components['responses']['PayloadTooLarge']
      415: components['responses']['UnsupportedMediaType']
      422: components['responses']['UnprocessableContent']
      429: components['responses']['TooManyRequests']
      500: components['responses']['InternalServerError']
      502: components['responses']['BadGateway']
      503: components['responses']['ServiceUnavailable']
      504: components['responses']['GatewayTimeout']
      default: components['responses']['OtherRefusal']
    }
  }
  'state-snapshot': {
    parameters: {
      query?: never
      header?: {
        /**
         * @description Names the request in the logs of gateway and Core. Where it is absent or not usable, the gateway makes one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token that the handshake gave.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. Without it the gateway makes one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description Where the request stands in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description What tracing systems add to `traceparent`. Passed on to Core.
         * @example vendor=00f067aa0ba902b7
         */
        tracestate?: components['parameters']['TraceState']
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['MCPSessionSnapshotRequest']
      }
    }
    responses: {
      /** @description The snapshot that Core keeps. */
      200: {
        headers: {
          'x-request-id': components['headers']['RequestId']
          RateLimit: components['headers']['RateLimit']
          'RateLimit-Policy': components['headers']['RateLimitPolicy']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['MCPSessionSnapshotResponse']
        }
      }
      400: components['responses']['BadRequest']
      401: components['responses']['Unauthorized']
      403: components['responses']['Forbidden']
      /** @description No session has this id. */
      404: components['responses']['NotFound']
      409: components['responses']['Conflict']
      413: components['responses']['PayloadTooLarge']
      415: components['responses']['UnsupportedMediaType']
      422: components['responses']['UnprocessableContent']
      429: components['responses']['TooManyRequests']
      500: components['responses']['InternalServerError']
      502: components['responses']['BadGateway']
      503: components['responses']['ServiceUnavailable']
      504: components['responses']['GatewayTimeout']
      default: components['responses']['OtherRefusal']
    }
  }
  'agents-recordPerformance': {
    parameters: {
      query?: never
      header?: {
        /**
         * @description Names the request in the logs of gateway and Core. Where it is absent or not usable, the gateway makes one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token that the handshake gave.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. Without it the gateway makes one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description Where the request stands in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description What tracing systems add to `traceparent`. Passed on to Core.
         * @example vendor=00f067aa0ba902b7
         */
        tracestate?: components['parameters']['TraceState']
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['MCPAgentPerformanceSnapshot']
      }
    }
    responses: {
      /** @description The performance snapshot that Core keeps. */
      200: {
        headers: {
          'x-request-id': components['headers']['RequestId']
          RateLimit: components['headers']['RateLimit']
          'RateLimit-Policy': components['headers']['RateLimitPolicy']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['MCPAgentPerformanceResponse']
        }
      }
      400: components['responses']['BadRequest']
      401: components['responses']['Unauthorized']
      403: components['responses']['Forbidden']
      /** @description No session has this id. */
      404: components['responses']['NotFound']
      409: components['responses']['Conflict']
      413: components['responses']['PayloadTooLarge']
      415: components['responses']['UnsupportedMediaType']
      422: components['responses']['UnprocessableContent']
      429: components['responses']['TooManyRequests']
      500: components['responses']['InternalServerError']
      502: components['responses']['BadGateway']
      503: components['responses']['ServiceUnavailable']
      504: components['responses']['GatewayTimeout']
      default: components['responses']['OtherRefusal']
    }
  }
  'errors-correlate': {
    parameters: {
      query?: never
      header?: {
        /**
         * @description Names the request in the logs of gateway and Core. Where it is absent or not usable, the gateway makes one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token that the handshake gave.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. Without it the gateway makes one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description Where the request stands in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description What tracing systems add to `traceparent`. Passed on to Core.
         * @example vendor=00f067aa0ba902b7
         */
        tracestate?: components['parameters']['TraceState']
      }
      path?: never
      cookie?: never
    }
    requestBody: {
      content: {
        'application/json': components['schemas']['MCPErrorCorrelationRequest']
      }
    }
    responses: {
      /** @description The correlations that Core found and keeps. */
      200: {
        headers: {
          'x-request-id': components['headers']['RequestId']
          RateLimit: components['headers']['RateLimit']
          'RateLimit-Policy': components['headers']['RateLimitPolicy']
          [name: string]: unknown
        }
        content: {
          'application/json': components['schemas']['MCPErrorCorrelationResponse']
        }
      }
      400: components['responses']['BadRequest']
      401: components['responses']['Unauthorized']
      403: components['responses']['Forbidden']
      /** @description No session has this id, or no event of it is the error. */
      404: components['responses']['NotFound']
      409: components['responses']['Conflict']
      413: components['responses']['PayloadTooLarge']
      415: components['responses']['UnsupportedMediaType']
      422: components['responses']['UnprocessableContent']
      429: components['responses']['TooManyRequests']
      500: components['responses']['InternalServerError']
      502: components['responses']['BadGateway']
      503: components['responses']['ServiceUnavailable']
      504: components['responses']['GatewayTimeout']
      default: components['responses']['OtherRefusal']
    }
  }
}
