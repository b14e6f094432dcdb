import type { Problem } from '@achilles/mcp-contract'
import type { Level } from 'pino'
import type { AttemptOutcome, AttemptWatch } from './attempt-watch.ts'
import type { Telemetry } from './telemetry.ts'
import type { RequestSpan, TraceHeaders } from './tracing.ts'

/** By which of its ways a request came. */
export type Surface = 'trpc' | 'rest' | 'mcp' | 'stdio' | 'docs' | 'landing' | 'probes' | 'other'

/** What is known of a request when it comes. */
interface Arrival {
  surface: Surface
  requestId: string
  method?: string
  trace: TraceHeaders
}

/** What of a problem is told. */
type Told = Pick<Problem, 'status' | 'code'>

const TRACE_ID = /^[\da-f]{2}-(?!0{32})([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/

/** The status of a request whose caller did not wait for the answer. */
const HUNG_UP = 499

/**
 * What is told of one request, filled in on its way and told at its end: a line in the log, its metrics, its span. The
 * span begins with the first attempt to reach Core at the latest; until then a trace may still be named for it.
 */
export class RequestRecord {
  readonly #telemetry: Telemetry
  readonly #arrival: Arrival
  readonly #startedAt = performance.now()
  readonly #procedures: string[] = []
  #trace: TraceHeaders
  #span: RequestSpan | undefined
  #attempts = 0
  readonly #wentUnder = new Set<string>()
  #principal: string | undefined
  #problem: Told | undefined

  constructor(telemetry: Telemetry, arrival: Arrival) {
    this.#telemetry = telemetry
    this.#arrival = arrival
    this.#trace = arrival.trace
  }

  /** It is known who calls. */
  calledBy(principal: string): void {
    this.#principal = principal
  }

  /** A procedure is called. */
  called(procedure: string): void {
    this.#procedures.push(procedure)
  }

  /** The trace that the request belongs to, found where the headers name none. */
  belongsTo(trace: TraceHeaders): void {
    this.#trace = trace
  }

  /** The request, or one of its calls, is answered with a problem; of several the worst is told. */
  failed(problem: Told): void {
    if (problem.status > (this.#problem?.status ?? 0)) this.#problem = problem
  }

  /** Watches the attempts of a call to Core. */
  watchAttempts(operation: string): AttemptWatch {
    const { coreDuration, coreRetries } = this.#telemetry.metrics
    const { requestId } = this.#arrival
    let resend = 0
    let onEnd: ((outcome: AttemptOutcome) => void) | undefined
    return {
      begin: (under) => {
        const startedAt = performance.now()
        const counts = under === undefined
        this.#attempts++
        if (!counts && under !== requestId) this.#wentUnder.add(under)
        if (counts && resend > 0) coreRetries.inc({ operation })
        const span = this.#openSpan()?.startAttempt({ operation, resend })
        resend++
        onEnd = (outcome) => {
          if (counts) coreDuration.observe({ operation, status: outcome }, (performance.now() - startedAt) / 1000)
          span?.end(outcome)
        }
        return span?.headers ?? {}
      },
      end: (outcome) => {
        onEnd?.(outcome)
        onEnd = undefined
      },
    }
  }

  /** The request is answered, or its caller gone. A problem inside an answer of 200 or 207 counts for its status. */
  end({ status, hungUp }: { status: number; hungUp: boolean }): void {
    const { log, metrics } = this.#telemetry
    const { surface, requestId, method } = this.#arrival
    const told = hungUp ? HUNG_UP : Math.max(status, this.#problem?.status ?? 0)
    const duration = performance.now() - this.#startedAt
    const [first, ...more] = this.#procedures
    const procedure = more.length > 0 ? 'batch' : (first ?? 'none')
    metrics.requestDuration.observe({ surface, procedure, status: told }, duration / 1000)
    const span = this.#openSpan()
    span?.end({ surface, procedures: this.#procedures, method, requestId, status: told })
    log[levelOf(surface, told)](
      {
        request_id: requestId,
        trace_id: span?.traceId ?? TRACE_ID.exec(this.#trace.traceparent ?? '')?.[1],
        surface,
        procedure: first === undefined ? undefined : this.#procedures.join(','),
        principal: this.#principal,
        status: told,
        code: hungUp ? undefined : this.#problem?.code,
        duration_ms: Math.round(duration * 1000) / 1000,
        core_attempts: this.#attempts,
        core_request_id: this.#wentUnder.size > 0 ? [...this.#wentUnder].join(',') : undefined,
      },
      'request',
    )
  }

  #openSpan(): RequestSpan | undefined {
    if (this.#arrival.surface === 'probes') return undefined
    this.#span ??= this.#telemetry.tracing?.startRequest(
      this.#trace,
      Date.now() - (performance.now() - this.#startedAt),
    )
    return this.#span
  }
}

/** Orchestrators ask every few seconds, and no person wants to read it. */
function levelOf(surface: Surface, status: number): Level {
  if (surface === 'probes') return 'debug'
  return status === 500 ? 'error' : status > 500 ? 'warn' : 'info'
}
