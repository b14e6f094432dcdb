import type { EventType } from '@achilles/mcp-contract'
import type { AgentEvent, AgentReport, AgentSession } from './agent-source.ts'
import { boundedJson } from './bounded-json.ts'
import { toId } from './event-id.ts'
import { toText } from './read-values.ts'

const PAYLOAD_LIMITS = { text: 1000, total: 16_384 }
const CONTENT_LIMITS = { text: 65_536, total: 262_144 }
const MAX_PATH = 4096

/** What a source found out about a session; the values are the agent's own and need no check. */
export interface SessionFacts {
  /** The name of the source. */
  source: string
  id: unknown
  cwd?: unknown
  userId?: unknown
  endStatus?: AgentSession['endStatus']
  /** Undefined if no agent did it, or if that is unknown. */
  agent?: AgentFacts
}

/** What describes the agent in each of its events. */
interface AgentFacts {
  /** Default: the name of the source. */
  id?: string | undefined
  model?: unknown
  version?: unknown
  /** Of a subagent. */
  subagentId?: unknown
  subagentType?: unknown
}

/** An event as a source describes it. */
export interface EventFacts {
  /** What distinguishes the event within its session, from the agent's own ids; the same on each channel. */
  id: readonly string[]
  type: EventType
  /** RFC 3339. */
  timestamp: string
  payload?: Readonly<Record<string, unknown>>
  content?: Readonly<Record<string, unknown>>
  filePath?: string | undefined
  durationMs?: number | undefined
  /** The agent's id of the prompt or turn. */
  turn?: string | undefined
  /** The `id` of the event that caused this one. */
  parent?: readonly string[]
}

/** Makes a report whose events satisfy the contract. Undefined without a session id, or if it says nothing. */
export function createReport(facts: SessionFacts, events: readonly EventFacts[]): AgentReport | undefined {
  const id = toText(facts.id, 4096)
  if (id === undefined || (events.length === 0 && !facts.endStatus)) return undefined
  const cwd = toText(facts.cwd, MAX_PATH)
  const userId = toText(facts.userId)
  return {
    session: {
      key: toId(facts.source, id),
      ...(cwd !== undefined && { cwd }),
      ...(userId !== undefined && { userId: toId(userId) }),
      ...(facts.endStatus && { endStatus: facts.endStatus }),
    },
    events: events.map((event) => createEvent(facts, id, cwd, event)),
  }
}

function createEvent(facts: SessionFacts, sessionId: string, cwd: string | undefined, event: EventFacts): AgentEvent {
  const { source, agent } = facts
  const { filePath, durationMs, turn, parent } = event
  const subagent = { subagent_id: agent?.subagentId, subagent_type: agent?.subagentType }
  const payload = boundedJson({ ...event.payload, ...subagent }, PAYLOAD_LIMITS)
  const content = boundedJson(event.content ?? {}, CONTENT_LIMITS)
  return {
    event_id: toId(source, sessionId, ...event.id),
    event_type: event.type,
    timestamp: event.timestamp,
    ...(agent ? describeAgent(source, agent) : { source_type: 'cli' as const, attribution_source: 'unknown' as const }),
    ...(parent && { parent_event_id: toId(source, sessionId, ...parent) }),
    ...(turn && { correlation_id: toId(turn) }),
    ...(filePath && { file_path: toRelative(filePath, cwd) }),
    ...(durationMs !== undefined && { duration_ms: durationMs }),
    ...(payload && { payload }),
    ...(content && { content }),
  }
}

function describeAgent(source: string, { id, model, version }: AgentFacts) {
  const metadata = boundedJson({ model: toText(model), version: toText(version) }, PAYLOAD_LIMITS)
  return {
    source_type: 'agent' as const,
    agent_id: toId(id ?? source),
    attribution_source: 'agent' as const,
    ...(metadata && { agent_metadata: metadata }),
  }
}

/** Relative to the working directory if the file is in it. */
function toRelative(path: string, cwd: string | undefined): string {
  const separator = path.charAt(cwd?.length ?? -1)
  const isInside = cwd !== undefined && path.startsWith(cwd) && (separator === '/' || separator === '\\')
  return isInside && path.length > cwd.length + 1 ? path.slice(cwd.length + 1) : path
}
