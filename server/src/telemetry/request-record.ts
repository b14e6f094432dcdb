import { type Problem, shortened } from '@achilles/mcp-contract'
import type { Level } from 'pino'
import type { AttemptObserver, AttemptOutcome, RequestSpan, Telemetry, TraceHeaders } from './telemetry.ts'

/** `polls`: queries for the watchers of a session, which no single request makes. */
export type Surface = 'trpc' | 'rest' | 'mcp' | 'otlp' | 'stdio' | 'docs' | 'probes' | 'polls' | 'other'

interface RequestInfo {
  surface: Surface
  requestId: string
  method?: string
  trace: TraceHeaders
}

type ProblemSummary = Pick<Problem, 'status' | 'code' | 'detail' | 'issues' | 'upstream'>

const TRACE_ID = /^[\da-f]{2}-(?!0{32})([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/

/** As many as a native batch may have; an OTLP request may make more calls. */
const MAX_PROCEDURES = 20
/** nginx's status for a client disconnect. */
const CLIENT_CLOSED_REQUEST = 499

/**
 * Reports a request at its end: a log line, metrics and a span. The span starts with the first attempt to reach Core,
 * or at the end; until then the trace can be set.
 */
export class RequestRecord {
  readonly #telemetry: Telemetry
  readonly #info: RequestInfo
  readonly #startedAt = performance.now()
  readonly #procedures: string[] = []
  #trace: TraceHeaders
  #span: RequestSpan | undefined
  #attempts = 0
  readonly #mergedInto = new Set<string>()
  #principal: string | undefined
  #problem: ProblemSummary | undefined

  constructor(telemetry: Telemetry, info: RequestInfo) {
    this.#telemetry = telemetry
    this.#info = info
    this.#trace = info.trace
  }

  setPrincipal(principal: string): void {
    this.#principal = principal
  }

  addProcedure(procedure: string): void {
    if (this.#procedures.length < MAX_PROCEDURES) this.#procedures.push(procedure)
  }

  /** For a request without trace headers. */
  setTrace(trace: TraceHeaders): void {
    this.#trace = trace
  }

  /** Of several problems, the one with the highest status is reported. */
  addProblem(problem: ProblemSummary): void {
    if (problem.status > (this.#problem?.status ?? 0)) this.#problem = problem
  }

  observeAttempts(operation: string): AttemptObserver {
    const { coreDuration, coreRetries } = this.#telemetry.metrics
    const { requestId } = this.#info
    let resend = 0
    let onEnd: ((outcome: AttemptOutcome) => void) | undefined
    return {
      begin: (mergedInto) => {
        const startedAt = performance.now()
        const counts = mergedInto === undefined
        this.#attempts++
        if (!counts && mergedInto !== requestId) this.#mergedInto.add(mergedInto)
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

  /** A problem inside a response of 200 or 207 counts with its own status. */
  end({ status, disconnected }: { status: number; disconnected: boolean }): void {
    const { log, metrics } = this.#telemetry
    const { surface, requestId, method } = this.#info
    const reportedStatus = disconnected ? CLIENT_CLOSED_REQUEST : Math.max(status, this.#problem?.status ?? 0)
    const duration = performance.now() - this.#startedAt
    const [first, ...more] = this.#procedures
    const procedure = more.length > 0 ? 'batch' : (first ?? 'none')
    metrics.requestDuration.observe({ surface, procedure, status: reportedStatus }, duration / 1000)
    const span = this.#openSpan()
    span?.end({ surface, procedures: this.#procedures, method, requestId, status: reportedStatus })
    log[getLogLevel(surface, reportedStatus)](
      {
        request_id: requestId,
        trace_id: span?.traceId ?? TRACE_ID.exec(this.#trace.traceparent ?? '')?.[1],
        surface,
        procedure: first === undefined ? undefined : this.#procedures.join(','),
        principal: this.#principal,
        status: reportedStatus,
        ...(!disconnected && this.#problem && describeProblem(this.#problem)),
        duration_ms: Math.round(duration * 1000) / 1000,
        core_attempts: this.#attempts,
        core_request_id: this.#mergedInto.size > 0 ? [...this.#mergedInto].join(',') : undefined,
      },
      'request',
    )
  }

  #openSpan(): RequestSpan | undefined {
    const { surface } = this.#info
    if (surface === 'probes' || surface === 'polls') return undefined
    // A gateway whose traces are sent to itself would otherwise trace each export.
    if (surface === 'otlp' && this.#attempts === 0) return undefined
    this.#span ??= this.#telemetry.tracing?.startRequest(
      this.#trace,
      Date.now() - (performance.now() - this.#startedAt),
    )
    return this.#span
  }
}

/** Core's own words are left out: they may contain what callers sent. */
function describeProblem({ code, detail, issues, upstream }: ProblemSummary) {
  const fields = new Set(issues?.map(({ path }) => shortened(path, LONGEST_FIELD)))
  return {
    code,
    detail: upstream ? undefined : shortened(detail, LONGEST_DETAIL),
    fields: fields.size > 0 ? [...fields].slice(0, MAX_FIELDS) : undefined,
  }
}

const [MAX_FIELDS, LONGEST_FIELD, LONGEST_DETAIL] = [10, 100, 300]

/** Probes are logged at debug level: orchestrators send them every few seconds. */
function getLogLevel(surface: Surface, status: number): Level {
  if (surface === 'probes') return 'debug'
  return status === 500 ? 'error' : status > 500 ? 'warn' : 'info'
}
