import type { AttemptObserver } from '../telemetry/telemetry.ts'
import type { Deadline } from './deadline.ts'

/** One call to Core, with all its attempts. */
export interface CoreCall {
  method: 'GET' | 'POST' | 'PATCH'
  /** Appended to the base URL; its parameters are already percent-encoded. */
  path: string
  /** Sent as JSON; a `Buffer` is sent unchanged. */
  body?: unknown
  /** The JSON text that the body was parsed from; forwarded verbatim if every parser reads the same value from it. */
  rawText?: string | undefined
  /** Set if the body is exactly `{ events }`, each with an id: such calls may be merged. */
  carries?: 'events' | undefined
  /** Sent in addition to the headers of every call. */
  headers: Readonly<Record<string, string>>
  /** Aborts when the caller disconnects. */
  signal: AbortSignal | undefined
  watch: AttemptObserver
}

/** A successful response of Core: the parsed value, and the bytes it was parsed from. */
export interface CoreResponse {
  readonly value: unknown
  readonly bytes: Buffer
}

/** Makes a call; resolves to the body of a 2xx response, throws a `GatewayError` otherwise. */
export type SendCall = (call: CoreCall, deadline: Deadline) => Promise<Buffer>

/** The state of the upstream client, for health and metrics. */
export interface UpstreamHealth {
  /** True while calls are rejected because Core fails. */
  readonly degraded: boolean
  readonly callsInFlight: number
  /** Calls that wait because `maxInFlight` is reached. */
  readonly callsQueued: number
  /** Event batches that wait to be merged with others. */
  readonly callsJoining: number
  /** When an event batch last failed to reach Core, as an ISO string. */
  readonly lastIngestErrorAt: string | null
}
