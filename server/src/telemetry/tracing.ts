import type { AttemptOutcome } from './attempt-observer.ts'

/** The headers that propagate a trace. @see https://www.w3.org/TR/trace-context/ */
export interface TraceHeaders {
  traceparent?: string | undefined
  tracestate?: string | undefined
}

export interface RequestFacts {
  surface: string
  procedures: readonly string[]
  method: string | undefined
  requestId: string
  /** The HTTP status; 499 if the client disconnected. */
  status: number
}

export interface AttemptFacts {
  operation: string
  resend: number
}

/** Creates spans. Its implementation is loaded only if an endpoint is set. */
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
