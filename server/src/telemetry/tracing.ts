import type { AttemptOutcome } from './attempt-watch.ts'

/** The headers by which a trace goes on from one service to the next. @see https://www.w3.org/TR/trace-context/ */
export interface TraceHeaders {
  traceparent?: string | undefined
  tracestate?: string | undefined
}

/** What is known of a request once it is answered. */
export interface RequestFacts {
  surface: string
  /** The procedures it called. */
  procedures: readonly string[]
  method: string | undefined
  requestId: string
  /** The HTTP status; 499 where the caller hung up. */
  status: number
}

/** The attempt at hand. */
export interface AttemptFacts {
  operation: string
  /** Attempts before this one. */
  resend: number
}

/** Where spans go. Absent where no endpoint is set: then nothing of it is loaded. */
export interface Tracing {
  /** @param startedAt milliseconds since the epoch */
  startRequest(parent: TraceHeaders, startedAt: number): RequestSpan
  /** Sends what has not been sent yet. */
  stop(): Promise<void>
}

export interface RequestSpan {
  traceId: string
  startAttempt(facts: AttemptFacts): AttemptSpan
  end(facts: RequestFacts): void
}

export interface AttemptSpan {
  /** What Core is told, so that its spans hang below this one. */
  headers: Readonly<Record<string, string>>
  end(outcome: AttemptOutcome): void
}
