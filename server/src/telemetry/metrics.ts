import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { version } from '../version.ts'
import { droppedLogLines } from './log.ts'

/** In seconds, from the latency of a nearby Core to the default deadline of a call. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25]

/** Kept in their own registry. No label has values from a caller's input. */
export type Metrics = ReturnType<typeof createMetrics>

export interface UpstreamGauges {
  readonly degraded: boolean
  readonly callsInFlight: number
  readonly callsQueued: number
  readonly callsJoining: number
}

export interface StreamGauges {
  readonly streams: number
  readonly sessions: number
}

/** @param ofProcess adds the metrics of Node and the process; for at most one gateway per process */
export function createMetrics({ ofProcess = false } = {}) {
  const registry = new Registry()
  const registers = [registry]
  if (ofProcess) {
    collectDefaultMetrics({ register: registry })
    new Counter({
      name: 'log_lines_dropped_total',
      help: 'Log lines dropped because the log destination did not accept them.',
      registers,
      collect() {
        this.reset()
        this.inc(droppedLogLines())
      },
    })
  }
  new Gauge({
    name: 'gateway_info',
    help: 'The version of the gateway; always 1.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1)

  const contractViolations = new Counter({
    name: 'contract_violations_total',
    help: 'Responses from Core that violated the contract, by operation.',
    labelNames: ['operation'],
    registers,
  })
  const coreRetries = new Counter({
    name: 'core_retries_total',
    help: 'Attempts to reach Core after the first of a call, by operation.',
    labelNames: ['operation'],
    registers,
  })
  const tokenKeyFetches = new Counter({
    name: 'token_key_fetches_total',
    help: 'Fetches of the token issuer’s keys, by result: success, failure.',
    labelNames: ['result'],
    registers,
  })
  for (const result of ['success', 'failure']) tokenKeyFetches.inc({ result }, 0)
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  return {
    registry,
    contractViolations,
    coreRetries,
    coreRejections: new Counter({
      name: 'core_rejections_total',
      help: 'Calls to Core that ended at a limit of the gateway, or at a response that is not Core’s, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    requestDuration: new Histogram({
      name: 'http_server_request_duration_seconds',
      help: 'Requests, by surface, procedure (batch: several in one request) and status (499: client disconnected).',
      labelNames: ['surface', 'procedure', 'status'],
      buckets: BUCKETS,
      registers,
    }),
    coreDuration: new Histogram({
      name: 'core_request_duration_seconds',
      help: 'Attempts to reach Core, by operation and status; without one: timeout, unreachable, aborted, too_large.',
      labelNames: ['operation', 'status'],
      buckets: BUCKETS,
      registers,
    }),
    eventsForwarded: new Counter({
      name: 'events_forwarded_total',
      help: 'Events that Core accepted, including duplicates.',
      registers,
    }),
    eventsFailed: new Counter({
      name: 'events_failed_total',
      help: 'Events that Core reported as failed.',
      registers,
    }),
    otlpRecords: new Counter({
      name: 'otlp_records_total',
      help: 'Log records, spans and metrics received over OTLP, by signal, source (none: of no known agent) and result: stored, ignored, rejected.',
      labelNames: ['signal', 'source', 'result'],
      registers,
    }),
    unlistedValues: new Counter({
      name: 'unlisted_values_total',
      help: 'Enum values in responses from Core that the contract does not list.',
      labelNames: ['enum'],
      registers,
    }),
    connectionsEnded: new Counter({
      name: 'connections_ended_total',
      help: 'Connections closed or not accepted at a limit of the listener, by limit.',
      labelNames: ['limit'],
      registers,
    }),
    insightPolls: new Counter({
      name: 'insight_polls_total',
      help: 'Queries of Core on behalf of the watchers of a session, by result: success, failure.',
      labelNames: ['result'],
      registers,
    }),
    insightsStreamed: new Counter({
      name: 'insights_streamed_total',
      help: 'Insights that were sent to watchers.',
      registers,
    }),
    insightStreamsEnded: new Counter({
      name: 'insight_streams_ended_total',
      help: 'Streams of insights that ended, by reason: closed (by the client), drained, slow_reader, fault.',
      labelNames: ['reason'],
      registers,
    }),
    insightStreamsRejected: new Counter({
      name: 'insight_streams_rejected_total',
      help: 'Streams of insights that were rejected, by limit: per_principal, streams, sessions.',
      labelNames: ['limit'],
      registers,
    }),
    rateStoreErrors: new Counter({
      name: 'rate_store_errors_total',
      help: 'Calls counted in memory because Redis failed.',
      registers,
    }),
    spansDropped: new Counter({
      name: 'trace_spans_dropped_total',
      help: 'Spans that were not exported, by reason: export_failed, queue_full.',
      labelNames: ['reason'],
      registers,
    }),
    stdioFaults: new Counter({
      name: 'stdio_faults_total',
      help: 'Limits reached by the process at the other end of stdio, by reason: line_too_long, output_stalled.',
      labelNames: ['reason'],
      registers,
    }),
    rateLimited: new Counter({
      name: 'rate_limited_total',
      help: 'Requests rejected by the rate limit.',
      registers,
    }),
    tokensRejected: new Counter({
      name: 'tokens_rejected_total',
      help: 'Bearer tokens that were rejected, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    tokenKeyFetches,
    staleTokenKeysUsed: new Counter({
      name: 'stale_token_keys_used_total',
      help: 'Tokens verified with expired cached keys because the issuer was unreachable.',
      registers,
    }),
    apiKeysFileFailures: new Counter({
      name: 'api_keys_file_failures_total',
      help: 'Failed reads of the API keys file; the previous keys stay in use.',
      registers,
    }),

    /** Initializes the counters to 0, so that the first error of an operation is an increase. */
    expectOperations(operations: readonly string[]): void {
      for (const operation of operations) {
        contractViolations.inc({ operation }, 0)
        coreRetries.inc({ operation }, 0)
      }
    },

    watchStreams(watches: StreamGauges): void {
      gauge('insight_streams', 'Open streams of insights.', () => watches.streams)
      gauge(
        'insight_sessions_polled',
        'Sessions that are polled for streams, for each principal.',
        () => watches.sessions,
      )
    },

    watchUpstream(upstream: UpstreamGauges): void {
      gauge('core_circuit_state', 'The circuit to Core: 0 closed, 1 open.', () => (upstream.degraded ? 1 : 0))
      gauge('core_calls_in_flight', 'Calls to Core in flight.', () => upstream.callsInFlight)
      gauge('core_calls_queued', 'Calls that wait for a free slot.', () => upstream.callsQueued)
      gauge(
        'core_calls_joining',
        'Event batches that wait to be coalesced into the next call to Core.',
        () => upstream.callsJoining,
      )
    },
  }
}
