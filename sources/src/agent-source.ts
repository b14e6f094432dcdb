import type { CompleteEvent, EventType, JsonObject } from '@achilles/mcp-contract'

/**
 * A coding agent, and how its reports become events. The functions are pure and never throw: what they do not know, or
 * cannot read, gives undefined. The same call gets the same `event_id` on every channel where the agent reports an id of
 * its own; `besideHooks` lists the events for which it does not.
 */
export interface AgentSource {
  /** As in `achilles connect <name>`; the first part of session keys and event ids. */
  name: string
  /** The hooks to connect, as the agent spells their names. */
  hooks?: readonly string[]
  /** Reads what a hook gets on standard input. */
  readHook?: (input: JsonObject, context: HookContext) => AgentReport | undefined
  /** Whether a log record or span comes from this agent. */
  recognizes?: (telemetry: Telemetry) => boolean
  /** Reads a log record of OpenTelemetry. */
  readLogRecord?: (record: LogRecord) => AgentReport | undefined
  /** Reads a span of OpenTelemetry. */
  readSpan?: (span: Span) => AgentReport | undefined
  /**
   * What becomes of events from telemetry if the agent's hooks are connected too. Hooks own the types marked `drop`; those
   * marked `custom` report something else than the hooks do, such as token counts, and are kept under that type.
   */
  besideHooks?: Readonly<Partial<Record<EventType, 'drop' | 'custom'>>>
}

export interface HookContext {
  /** RFC 3339; most hooks have no time of their own. */
  receivedAt: string
}

/** Events of one session. */
export interface AgentReport {
  session: AgentSession
  /** Empty if the report only ends the session. */
  events: AgentEvent[]
}

export interface AgentSession {
  /** The `external_session_key`: the source's name, a colon and the agent's own id. */
  key: string
  /** The agent's working directory, from which the project is found. */
  cwd?: string
  /** Who uses the agent, if it reports that. */
  userId?: string
  /** Set by the report that ends the session. */
  endStatus?: 'completed' | 'failed' | 'abandoned'
}

/** The contract's event without the id of Core's session, always with an id and a time. */
export type AgentEvent = Omit<CompleteEvent, 'session_id'> & {
  /**
   * Prompts, tool inputs, outputs, error messages: merged into `payload` only if the user turned content on, after
   * redaction. At most 16 levels and 256 Ki characters.
   */
  content?: JsonObject
}

export type AttributeValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | AttributeValue[]
  | { [key: string]: AttributeValue }

/** What log records and spans have in common; times are RFC 3339. */
export interface Telemetry {
  /** The event's name (`EventName`, else the attribute `event.name`) or the span's, e.g. `claude_code.tool_result`. */
  name: string
  attributes: Readonly<Record<string, AttributeValue>>
  resource: Readonly<Record<string, AttributeValue>>
  /** The name of the instrumentation scope. */
  scope: string
  traceId?: string
  spanId?: string
}

export interface LogRecord extends Telemetry {
  timestamp: string
  body?: AttributeValue
}

export interface Span extends Telemetry {
  startTime: string
  endTime: string
  parentSpanId?: string
  failed: boolean
  events: { name: string; timestamp: string; attributes: Readonly<Record<string, AttributeValue>> }[]
}
