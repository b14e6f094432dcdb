import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { version } from '../version.ts'
import { droppedLogLines } from './standard-stream.ts'

/** Seconds, from what a near Core takes to the default deadline of a call. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25]

/** Every metric of one gateway, in a registry of its own. No label takes its values from what a caller sends. */
export type Metrics = ReturnType<typeof createMetrics>

/** What the link to Core tells when it is asked, at each scrape. */
export interface LinkGauges {
  readonly degraded: boolean
  readonly callsInFlight: number
  readonly callsQueued: number
  readonly callsJoining: number
}

/** Makes the metrics of a gateway; `ofProcess` adds those of Node and the process, which one gateway a process has. */
export function createMetrics({ ofProcess = false } = {}) {
  const registry = new Registry()
  const registers = [registry]
  if (ofProcess) {
    collectDefaultMetrics({ register: registry })
    new Counter({
      name: 'log_lines_dropped_total',
      help: 'Lines of the log that were dropped because its destination did not take them.',
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
    aggregator: 'first',
    registers,
  }).set({ version }, 1)

  const contractViolations = new Counter({
    name: 'contract_violations_total',
    help: 'Answers of Core that broke the contract, by operation.',
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
  return {
    registry,
    contractViolations,
    coreRetries,
    coreRejections: new Counter({
      name: 'core_rejections_total',
      help: 'Calls that ended at a limit of the link to Core, or at a response that is not Core’s, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    requestDuration: new Histogram({
      name: 'http_server_request_duration_seconds',
      help: 'Requests answered, by surface, procedure (batch: several in one request) and status (499: hung up).',
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
      help: 'Events that Core took, those it had already included.',
      registers,
    }),
    eventsFailed: new Counter({
      name: 'events_failed_total',
      help: 'Events that Core named as failed in an answer.',
      registers,
    }),
    unlistedValues: new Counter({
      name: 'unlisted_values_total',
      help: 'Enum values in answers of Core that the contract does not list.',
      labelNames: ['enum'],
      registers,
    }),
    connectionsEnded: new Counter({
      name: 'connections_ended_total',
      help: 'Connections that were ended, or not accepted, at a limit of the listener, by limit.',
      labelNames: ['limit'],
      registers,
    }),
    rateStoreErrors: new Counter({
      name: 'rate_store_errors_total',
      help: 'Times that Redis did not count a call; it was counted in memory.',
      registers,
    }),
    spansDropped: new Counter({
      name: 'trace_spans_dropped_total',
      help: 'Spans that the trace collector did not take, by reason: export_failed, queue_full.',
      labelNames: ['reason'],
      registers,
    }),
    stdioFaults: new Counter({
      name: 'stdio_faults_total',
      help: 'What the process at the other end of stdio did that ends at a limit, by reason: line_too_long, output_stalled.',
      labelNames: ['reason'],
      registers,
    }),
    rateLimited: new Counter({
      name: 'rate_limited_total',
      help: 'Requests refused because their caller was over its rate.',
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
      help: 'Tokens checked with keys past their cache time because the issuer could not be asked.',
      registers,
    }),
    apiKeysFileFailures: new Counter({
      name: 'api_keys_file_failures_total',
      help: 'Reads of the API keys file that gave no keys; the keys before it stay in force.',
      registers,
    }),

    /** Lets each operation's counters begin at 0, so that the first fault of an operation is an increase. */
    expectOperations(operations: readonly string[]): void {
      for (const operation of operations) {
        contractViolations.inc({ operation }, 0)
        coreRetries.inc({ operation }, 0)
      }
    },

    /** Asks `link` at each scrape. */
    watchLink(link: LinkGauges): void {
      const gauge = (name: string, help: string, read: () => number, aggregator: 'sum' | 'max' = 'sum') =>
        new Gauge({
          name,
          help,
          aggregator,
          registers,
          collect() {
            this.set(read())
          },
        })
      gauge('core_circuit_state', 'The circuit to Core: 0 closed, 1 open.', () => (link.degraded ? 1 : 0), 'max')
      gauge('core_calls_in_flight', 'Calls under way to Core.', () => link.callsInFlight)
      gauge('core_calls_queued', 'Calls that wait for a place among those under way.', () => link.callsQueued)
      gauge('core_calls_joining', 'Event batches that wait to join the next call to Core.', () => link.callsJoining)
    },
  }
}
