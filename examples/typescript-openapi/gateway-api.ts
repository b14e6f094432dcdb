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
     * @description Makes no call to Core.
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
     * @description The health that Core reports.
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
     * @description A client’s first call: identifies it, and returns the session token to send as `x-mcp-session-token` and the size limits. `max_payload_bytes` never exceeds this gateway’s own limit.
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
     * @description Opens a session, or returns the one that the same `external_session_key` opened before. Events, snapshots and insights belong to its `session_id`.
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
     * @description Sets `status` and, when the session ends, `end_time`, which must not precede `start_time`. Setting the same state again changes nothing; `active` reopens the session and clears `end_time`.
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
     * @description Returns `found: false` and `session: null` if there is none. Creates nothing.
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
     * @description Creates the project if `create_if_missing` is true; otherwise a workspace without one is a 404.
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
     * @description Up to 1000 events. One invalid event rejects the whole batch: the problem lists all issues, and nothing is forwarded (see `Prefer`). Events that Core rejected are in `failed`, the others in `results`. Sending a batch again is safe if its events have an `event_id`, or if both requests have the same `idempotency-key`.
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
     * @description Equivalent to a batch of one. Prefer batches: they cost Core far less.
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
     * Read a session’s insights, as a GET
     * @description The same as the `POST`, with its fields as query parameters.
     */
    get: operations['signals-insights-query']
    put?: never
    /**
     * Read a session’s insights
     * @description Newest first, at most `limit`. Also available as a `GET` with the same fields as query parameters.
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
     * Store a snapshot of a session’s state
     * @description With an `Idempotency-Key` a repeated call returns the first response and stores nothing twice.
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
     * Record an agent’s performance
     * @description One snapshot per time window. With an `Idempotency-Key` a repeated call returns the first response and stores nothing twice.
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
     * Find likely causes of an error
     * @description Scores up to 100 candidate events. With an `Idempotency-Key` a repeated call returns the first response and stores nothing twice.
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
     * @description Who did the work in an event.
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
     * @description An event that Core rejected, and why.
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
     * @description An event that Core stored now (`accepted`) or before (`duplicate`).
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
     * @description The type of an event.
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
     * @description An event in a session. Senders that create `event_id` themselves may resend it safely.
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
      /** @description Unique within its session. Create it yourself, so that resending the event is safe. Without it the gateway creates one. */
      event_id?: string
      event_type: components['schemas']['EventType']
      source_type: components['schemas']['SourceType']
      /** @description The session of the event. */
      session_id: string
      /**
       * Format: date-time
       * @description Time of the event: RFC 3339, with `Z` or an offset. Default: when the gateway received the request.
       */
      timestamp?: string
      project_id?: string
      workspace_id?: string
      user_id?: string
      /** @description The agent that caused the event or that it is about. */
      agent_id?: string
      /** @description The event that caused this one. */
      parent_event_id?: string
      /** @description Groups related events. */
      correlation_id?: string
      /** @description The file that the event is about. */
      file_path?: string
      /** @description The language of the file, e.g. `typescript`. */
      language?: string
      /** @description Duration in milliseconds. */
      duration_ms?: number
      attribution_source?: components['schemas']['AttributionSource']
      /** @description Confidence of the attribution, from 0 to 1. */
      attribution_confidence?: number
      /** @description Any data about the agent. */
      agent_metadata?: {
        [key: string]: unknown
      }
      /** @description Any data about the context of the event. */
      metadata_?: {
        [key: string]: unknown
      }
      /** @description Any details of the event. */
      payload?: {
        [key: string]: unknown
      }
    }
    /**
     * @description Every code of an error of the gateway.
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
     * @description An issue in an input and its path; the path of the input itself is empty.
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
     * @description A session, as Core stores it.
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
     * @description The status of a session.
     * @example active
     * @enum {string}
     */
    SessionStatus: 'active' | 'completed' | 'abandoned' | 'failed'
    /**
     * @description The type of a snapshot.
     * @example workspace_state
     * @enum {string}
     */
    SnapshotType: 'workspace_state' | 'editor_state' | 'agent_context' | 'custom'
    /**
     * @description The source of an event.
     * @example ide
     * @enum {string}
     */
    SourceType: 'ide' | 'agent' | 'cli' | 'ci' | 'system'
    /**
     * @description The result for each event of a batch. A partial success has status 200, so check `failed`.
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
     * @description A finding of Core about a session.
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
      /** @description The agent that the insight is about, if any. */
      agent_id?: string | null
      /** @description The figures on which the insight is based. */
      payload: {
        [key: string]: unknown
      }
      /** Format: date-time */
      created_at: string
    } & {
      [key: string]: unknown
    }
    /**
     * @description The stored performance snapshot.
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
     * @description The correlations that Core found and stored.
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
     * @description A session token, and the batch and body sizes that a client should respect.
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
      /** @description Send it as `x-mcp-session-token` with every later call. */
      mcp_session_token: string
      /** @description Maximum number of events that a batch should have. */
      preferred_batch_size: number
      /** @description Maximum size of a request body in bytes; never above the gateway’s own limit. */
      max_payload_bytes: number
      features: {
        [key: string]: boolean
      }
    } & {
      [key: string]: unknown
    }
    /**
     * @description The health of a server, and whether it accepts events.
     * @example {
     *       "status": "ok",
     *       "uptime_seconds": 3600.2,
     *       "accepting_signals": true,
     *       "last_ingest_error_at": null
     *     }
     */
    MCPHealthResponse: {
      status: components['schemas']['HealthStatus'] | string
      /** @description Seconds since the start. */
      uptime_seconds: number
      /** @description Whether the server accepts events now. */
      accepting_signals: boolean
      /** @description When storing events last failed; `null` if never. */
      last_ingest_error_at: string | null
    } & {
      [key: string]: unknown
    }
    /**
     * @description The session, or `found: false` and `null`.
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
     * @description The stored snapshot.
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
      /** @description True if this call created the project. */
      created: boolean
      canonical_name?: string
      tags?: string[]
    } & {
      [key: string]: unknown
    }
    /**
     * @description The result for an event that Core accepted.
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
     * @description The category of an insight.
     * @example quality
     * @enum {string}
     */
    InsightCategory: 'productivity' | 'quality' | 'reliability' | 'security' | 'performance' | 'cost' | 'agent_behavior'
    /**
     * @description The severity of an insight.
     * @example medium
     * @enum {string}
     */
    InsightSeverity: 'info' | 'low' | 'medium' | 'high' | 'critical'
    /**
     * @description The performance of an agent in a time window. Send an `Idempotency-Key` to make it safe to repeat.
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
       * @description Start of the window: RFC 3339, with `Z` or an offset.
       */
      window_start: string
      /**
       * Format: date-time
       * @description End of the window.
       */
      window_end: string
      tasks_completed: number
      tasks_failed: number
      /** @description Suggestions shown to the user. */
      suggestions_shown?: number
      /** @description Shown suggestions that the user accepted. */
      suggestions_accepted?: number
      /** @description Median latency in milliseconds. */
      latency_ms_p50?: number
      /** @description 95th percentile of the latency in milliseconds. */
      latency_ms_p95?: number
      /** @description Input tokens. */
      tokens_in?: number
      /** @description Output tokens. */
      tokens_out?: number
      /** @description Cost in US dollars. */
      cost_usd?: number
      /** @description Any further data. */
      metadata_?: {
        [key: string]: unknown
      }
    }
    /**
     * @description Scores which of the candidate events may have caused an error. Send an `Idempotency-Key` to make it safe to repeat.
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
      /** @description The error event. */
      error_event_id: string
      /** @description The events that may have caused the error. */
      candidate_event_ids: string[]
      /** @description Identifies errors of the same kind. */
      fingerprint?: string
      /** @description How far before the error a cause may lie, in seconds. */
      window_seconds?: number
    }
    /**
     * @description 1–1000 events with distinct `event_id`s. One invalid event rejects the whole batch.
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
     * @description Describes the client to Core; the first call of a client.
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
      /** @description Name of the client, e.g. the package name of the extension. */
      client_name: string
      /** @description Version of the client. */
      client_version: string
      /** @description The editor in which the client runs. */
      ide_name?: string
      ide_version?: string
      /** @description The workspace of the client. */
      workspace_id: string
      /** @description Absolute path of the workspace on the client’s machine. */
      workspace_root?: string
      /** @description The user of the client. */
      user_id?: string
      /** @description Version of this protocol that the client supports. */
      protocol_version?: string
      /** @description Capabilities of the client, by name. */
      capabilities?: {
        [key: string]: boolean
      }
    }
    /**
     * @description Queries the insights of a session.
     * @example {
     *       "session_id": "ses_8c41",
     *       "limit": 20
     *     }
     */
    MCPInsightsQuery: {
      /** @description The session to query. */
      session_id: string
      /**
       * Format: date-time
       * @description Only insights created at or after this time.
       */
      since?: string
      /**
       * @description Maximum number of insights to return.
       * @default 50
       */
      limit?: number
    }
    /**
     * @description Finds the project of a workspace; creates it if `create_if_missing` is true.
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
      /** @description URL of the repository. */
      vcs_remote_url?: string
      /** @description Any labels, by name. */
      labels?: {
        [key: string]: string
      }
      /**
       * @description If false, a workspace without a project is a 404.
       * @default false
       */
      create_if_missing?: boolean
    }
    /**
     * @description Creates a session; the same `external_session_key` in the same workspace returns the same session.
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
      /** @description The client’s own key of the session, which makes the call safe to repeat. */
      external_session_key: string
      /** @description The user of the session. */
      user_id: string
      workspace_id: string
      /**
       * Format: date-time
       * @description Start of the session: RFC 3339, with `Z` or an offset.
       */
      start_time: string
      project_id?: string
      /** @description Any tags. */
      tags?: string[]
      /** @description Settings of the client to store with the session. */
      config_snapshot?: {
        [key: string]: unknown
      }
    }
    /**
     * @description Finds a session by the client’s own key.
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
     * @description Stores a snapshot of a session’s state. Send an `Idempotency-Key` to make it safe to repeat.
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
      /** @description The session of the snapshot. */
      session_id: string
      snapshot_type: components['schemas']['SnapshotType']
      /** @description The state, any JSON object. */
      payload: {
        [key: string]: unknown
      }
      /**
       * Format: date-time
       * @description Time of the snapshot: RFC 3339, with `Z` or an offset.
       */
      captured_at?: string
    }
    /**
     * @description Sets the status of a session.
     * @example {
     *       "status": "completed",
     *       "end_time": "2026-03-02T17:30:00Z"
     *     }
     */
    MCPSessionUpdate: {
      status: components['schemas']['SessionStatus']
      /**
       * Format: date-time
       * @description End of the session: RFC 3339, with `Z` or an offset.
       */
      end_time?: string
    }
    /**
     * @description The format of every error, on every surface (RFC 9457).
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
      /** @description A URI reference under `/problems/` that identifies the type of problem. */
      type: string
      /** @description The type of problem, for humans. */
      title: string
      /** @description The HTTP status. */
      status: number
      /** @description What happened, for humans. */
      detail: string
      code: components['schemas']['ProblemCode']
      /** @description Identifies the request in the logs. */
      request_id: string
      /** @description Whether the same call may succeed later. */
      retryable: boolean
      /** @description The issues found in the input, at most 100. */
      issues?: components['schemas']['ProblemIssue'][]
      /** @description The number of further issues, not in `issues`. */
      issues_omitted?: number
      /** @description The response of Core, if there was one. */
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
    /** @description The request is not valid. `issues` has up to 100 issues with their paths, `issues_omitted` counts the others. Nothing was forwarded. */
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
    /** @description The API key or token is missing or not valid. */
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
    /** @description The caller may not access the workspace; or the gateway has no credentials configured and the caller is not local. */
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
    /** @description The resource does not exist. */
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
    /** @description The request conflicts with the state of the resource. */
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
    /** @description The body, compressed or decompressed, exceeds the gateway’s limit (see `max_payload_bytes`) or has more than 250,000 JSON tokens: commas, colons, opening brackets and braces. */
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
    /** @description The `content-type` is not JSON, or the `content-encoding` is not gzip. */
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
    /** @description The request matches its schema, but Core rejects it. */
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
    /** @description The rate limit is exceeded. Wait for the time in `Retry-After`. */
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
    /** @description Internal error in the gateway. */
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
    /** @description Core failed, or something other than Core responded (`BAD_GATEWAY`); or its response violates the contract (`CORE_CONTRACT_VIOLATION`). */
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
    /** @description Core is unreachable or its circuit is open, the queue is full, or the gateway is stopping. */
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
    /** @description Core did not respond in time. A write may have been processed: repeat it with the same `idempotency-key`. */
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
    /** @description Any other error from Core, in the same format. */
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
     * @description Identifies the request in the logs of gateway and Core. If absent or invalid, the gateway generates one.
     * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
     */
    RequestId: string
    /**
     * @description The token from the handshake.
     * @example mst_4f1c9a
     */
    SessionToken: string
    /**
     * @description Makes a write safe to repeat: send the same key again with the same body. If absent, the gateway generates one.
     * @example snapshot-2026-03-02T12:00
     */
    IdempotencyKey: string
    /**
     * @description `handling=lenient` (RFC 7240): the valid events are forwarded, the invalid ones are in `failed`, with code `BAD_REQUEST` and their issues in `error`. Otherwise one invalid event rejects the whole batch.
     * @example handling=lenient
     */
    Prefer: string
    /**
     * @description The request’s position in a trace (W3C Trace Context). Passed on to Core.
     * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
     */
    TraceParent: string
    /**
     * @description Vendor-specific trace data (W3C Trace Context). Passed on to Core.
     * @example vendor=00f067aa0ba902b7
     */
    TraceState: string
  }
  requestBodies: never
  headers: {
    /**
     * @description The request’s id: the caller’s if it is valid, otherwise generated.
     * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
     */
    RequestId: string
    /**
     * @description Calls left (`r`) and seconds until the limit resets (`t`); present if a rate limit is set.
     * @example "default";r=5999;t=60
     */
    RateLimit: string
    /**
     * @description The rate limit: calls (`q`) per window in seconds (`w`); present if one is set.
     * @example "default";q=6000;w=60
     */
    RateLimitPolicy: string
    /**
     * @description Present if the request preferred `handling=lenient`.
     * @example handling=lenient
     */
    PreferenceApplied: string
    /**
     * @description Seconds to wait before a retry; a value from Core may be a date.
     * @example 2
     */
    RetryAfter: string
    /**
     * @description How to authenticate, with the metadata URL of the token issuer if one is configured (RFC 9728).
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
         * @description Identifies the request in the logs of gateway and Core. If absent or invalid, the gateway generates one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
      }
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The health of a server, and whether it accepts events. */
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
         * @description Identifies the request in the logs of gateway and Core. If absent or invalid, the gateway generates one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token from the handshake.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description The request’s position in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description Vendor-specific trace data (W3C Trace Context). Passed on to Core.
         * @example vendor=00f067aa0ba902b7
         */
        tracestate?: components['parameters']['TraceState']
      }
      path?: never
      cookie?: never
    }
    requestBody?: never
    responses: {
      /** @description The health of a server, and whether it accepts events. */
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
         * @description Identifies the request in the logs of gateway and Core. If absent or invalid, the gateway generates one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. If absent, the gateway generates one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description The request’s position in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description Vendor-specific trace data (W3C Trace Context). Passed on to Core.
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
      /** @description A session token, and the batch and body sizes that a client should respect. */
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
         * @description Identifies the request in the logs of gateway and Core. If absent or invalid, the gateway generates one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token from the handshake.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. If absent, the gateway generates one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description The request’s position in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description Vendor-specific trace data (W3C Trace Context). Passed on to Core.
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
      /** @description A session, as Core stores it. */
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
         * @description Identifies the request in the logs of gateway and Core. If absent or invalid, the gateway generates one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token from the handshake.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. If absent, the gateway generates one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description The request’s position in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description Vendor-specific trace data (W3C Trace Context). Passed on to Core.
         * @example vendor=00f067aa0ba902b7
         */
        tracestate?: components['parameters']['TraceState']
      }
      path: {
        /** @description The id of the session, as Core returned it. */
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
      /** @description A session, as Core stores it. */
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
         * @description Identifies the request in the logs of gateway and Core. If absent or invalid, the gateway generates one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token from the handshake.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description The request’s position in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description Vendor-specific trace data (W3C Trace Context). Passed on to Core.
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
      /** @description The session, or `found: false` and `null`. */
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
         * @description Identifies the request in the logs of gateway and Core. If absent or invalid, the gateway generates one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token from the handshake.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. If absent, the gateway generates one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description The request’s position in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description Vendor-specific trace data (W3C Trace Context). Passed on to Core.
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
         * @description Identifies the request in the logs of gateway and Core. If absent or invalid, the gateway generates one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token from the handshake.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. If absent, the gateway generates one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description `handling=lenient` (RFC 7240): the valid events are forwarded, the invalid ones are in `failed`, with code `BAD_REQUEST` and their issues in `error`. Otherwise one invalid event rejects the whole batch.
         * @example handling=lenient
         */
        prefer?: components['parameters']['Prefer']
        /**
         * @description The request’s position in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description Vendor-specific trace data (W3C Trace Context). Passed on to Core.
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
      /** @description The result for each event of a batch. A partial success has status 200, so check `failed`. */
      200: {
        headers: {
          'x-request-id': components['headers']['RequestId']
          RateLimit: components['headers']['RateLimit']
          'RateLimit-Policy': components['headers']['RateLimitPolicy']
          'Preference-Applied': components['headers']['PreferenceApplied']
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
         * @description Identifies the request in the logs of gateway and Core. If absent or invalid, the gateway generates one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token from the handshake.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. If absent, the gateway generates one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description The request’s position in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description Vendor-specific trace data (W3C Trace Context). Passed on to Core.
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
      /** @description The result for each event of a batch. A partial success has status 200, so check `failed`. */
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
        /** @description The session to query. */
        session_id: string
        /** @description Only insights created at or after this time. */
        since?: string
        /** @description Maximum number of insights to return. */
        limit?: number
      }
      header?: {
        /**
         * @description Identifies the request in the logs of gateway and Core. If absent or invalid, the gateway generates one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token from the handshake.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description The request’s position in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description Vendor-specific trace data (W3C Trace Context). Passed on to Core.
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
         * @description Identifies the request in the logs of gateway and Core. If absent or invalid, the gateway generates one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token from the handshake.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description The request’s position in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description Vendor-specific trace data (W3C Trace Context). Passed on to Core.
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
         * @description Identifies the request in the logs of gateway and Core. If absent or invalid, the gateway generates one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token from the handshake.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. If absent, the gateway generates one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description The request’s position in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description Vendor-specific trace data (W3C Trace Context). Passed on to Core.
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
      /** @description The stored snapshot. */
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
         * @description Identifies the request in the logs of gateway and Core. If absent or invalid, the gateway generates one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token from the handshake.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. If absent, the gateway generates one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description The request’s position in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description Vendor-specific trace data (W3C Trace Context). Passed on to Core.
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
      /** @description The stored performance snapshot. */
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
         * @description Identifies the request in the logs of gateway and Core. If absent or invalid, the gateway generates one.
         * @example 0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11
         */
        'x-request-id'?: components['parameters']['RequestId']
        /**
         * @description The token from the handshake.
         * @example mst_4f1c9a
         */
        'x-mcp-session-token'?: components['parameters']['SessionToken']
        /**
         * @description Makes a write safe to repeat: send the same key again with the same body. If absent, the gateway generates one.
         * @example snapshot-2026-03-02T12:00
         */
        'idempotency-key'?: components['parameters']['IdempotencyKey']
        /**
         * @description The request’s position in a trace (W3C Trace Context). Passed on to Core.
         * @example 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
         */
        traceparent?: components['parameters']['TraceParent']
        /**
         * @description Vendor-specific trace data (W3C Trace Context). Passed on to Core.
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
      /** @description The correlations that Core found and stored. */
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
      /** @description The session or the error event does not exist. */
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
