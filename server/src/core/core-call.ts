import type { CallSignal } from '../call-signal.ts'
import type { AttemptWatch } from '../telemetry/attempt-watch.ts'
import type { Deadline } from './deadline.ts'

/** One call to Core, all attempts together. */
export interface CoreCall {
  method: 'GET' | 'POST' | 'PATCH'
  /** Appended to the base URL; what varies in it is already percent-encoded. */
  path: string
  /** Sent as JSON; a `Buffer` as it is. The link's own: what a batch holds is let go of while it waits. */
  body?: unknown
  /** The JSON that the body was read from: it goes on as it is, where it says the same to everybody. */
  written?: string | undefined
  /** Set where the body is `{ events }` and nothing else, known by their ids: such calls may be joined into one. */
  carries?: 'events' | undefined
  /** Sent beside the headers of every call. */
  headers: Readonly<Record<string, string>>
  /** Aborts when the caller hangs up. */
  signal: CallSignal | undefined
  /** Told of each attempt. */
  watch: AttemptWatch
}

/** What Core answered: the value, and the very bytes that say it. */
export interface CoreAnswer {
  readonly value: unknown
  readonly bytes: Buffer
}

/** Makes a call and gives the body of a success; anything else is thrown as a `GatewayError`. */
export type SendCall = (call: CoreCall, deadline: Deadline) => Promise<Buffer>
