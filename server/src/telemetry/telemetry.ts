import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

export interface Telemetry {
  log: Log
  metrics: Metrics
  tracing: Tracing | undefined
}

/** The response status, or why there was none. */
export type AttemptOutcome = number | 'timeout' | 'unreachable' | 'aborted' | 'too_large'

/** Notified of every attempt of one call to Core, in order. */
export interface AttemptObserver {
  /**
   * Returns headers to add to those of the call.
   * @param mergedInto the request id of the merged call that this one is part of; the attempt is counted there
   */
  begin(mergedInto?: string): Readonly<Record<string, string>>
  /** Later calls are ignored. */
  end(outcome: AttemptOutcome): void
}

/** @see https://www.w3.org/TR/trace-context/ */
export interface TraceHeaders {
  traceparent?: string | undefined
  tracestate?: string | undefined
}

export interface RequestFacts {
  surface: string
  procedures: readonly string[]
  method: string | undefined
  requestId: string
  /** 499 if the client disconnected. */
  status: number
}

export interface AttemptFacts {
  operation: string
  resend: number
}

export interface Tracing {
  /** @param startedAt milliseconds since the epoch */
  startRequest(parent: TraceHeaders, startedAt: number): RequestSpan
  stop(): Promise<void>
}

export interface RequestSpan {
  traceId: string
  startAttempt(facts: AttemptFacts): AttemptSpan
  end(facts: RequestFacts): void
}

export interface AttemptSpan {
  /** Sent to Core, so that its spans become children of this one. */
  headers: Readonly<Record<string, string>>
  end(outcome: AttemptOutcome): void
}
