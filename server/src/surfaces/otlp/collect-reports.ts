import type { AgentEvent, AgentReport, AgentSession, AgentSource } from '@achilles/agent-sources'
import { ID, toIssues } from '@achilles/mcp-contract'
import { z } from 'zod'
import { badRequest, GatewayError } from '../../errors/gateway-error.ts'
import type { RawRecord } from './list-records.ts'
import type { Owner } from './owner.ts'
import type { ReadableRecord, Signal } from './signals.ts'
import type { Attributes } from './values.ts'

/** An event to store, and the records that it was read from, by index. */
export interface CollectedEvent {
  event: Omit<AgentEvent, 'content'>
  records: number[]
}

/** What the records of a request report about one session. */
export interface SessionReport {
  session: AgentSession
  owner: Owner
  /** By id: an event that is reported twice is stored once. */
  events: Map<string, CollectedEvent>
  /** All records about the session, by index. */
  records: number[]
}

export interface RecordResult {
  /** The name of the source that recognizes the record. */
  source?: string | undefined
  /** False if there is nothing to store. */
  isReport: boolean
  /** Set if the record is rejected. */
  error?: GatewayError
}

export interface Collected {
  sessions: SessionReport[]
  /** In the order of the records. */
  results: RecordResult[]
}

export interface CollectOptions {
  sources: readonly AgentSource[]
  /** @throws GatewayError if the session can have no owner. */
  findOwner(resource: Attributes, session: AgentSession): Owner
  /** Whether the agent's hooks report too, so that telemetry adds only what they leave out. */
  hasHooks(resource: Attributes): boolean
  /** Called if a source throws, which none should. */
  onFault(error: unknown): void
}

/** Reads the records with the sources, and groups what they report by session. An invalid record affects no other. */
export function collectReports(
  records: readonly RawRecord[],
  { readRecord }: Signal,
  options: CollectOptions,
): Collected {
  const sessions = new Map<string, SessionReport>()
  const results = records.map(({ input, path, context }, index): RecordResult => {
    if (!readRecord) return { isReport: false }
    try {
      const { source, report } = recognize(readRecord(input, context), options.sources)
      if (!source || !report) return { source: source?.name, isReport: false }
      const owner = options.findOwner(context.resource, report.session)
      const events = options.hasHooks(context.resource) ? withoutHookEvents(report.events, source) : report.events
      addReport(sessions, { owner, session: report.session, events }, index)
      return { source: source.name, isReport: events.length > 0 || report.session.endStatus !== undefined }
    } catch (error) {
      return { isReport: true, error: toRejection(error, path, options.onFault) }
    }
  })
  return { sessions: [...sessions.values()], results }
}

interface Recognized {
  source?: AgentSource
  report?: AgentReport | undefined
}

/** The first source that recognizes the record reads it; one that cannot recognize records may find a report in it. */
function recognize({ telemetry, readWith }: ReadableRecord, sources: readonly AgentSource[]): Recognized {
  for (const source of sources) {
    if (source.recognizes?.(telemetry) === false) continue
    const report = readWith(source)
    if (report || source.recognizes) return { source, report }
  }
  return {}
}

function withoutHookEvents(events: readonly AgentEvent[], { besideHooks = {} }: AgentSource): AgentEvent[] {
  return events.flatMap((event) => {
    const { [event.event_type]: fate } = besideHooks
    if (fate === 'drop') return []
    return fate === 'custom' ? { ...event, event_type: 'custom' } : event
  })
}

function addReport(
  sessions: Map<string, SessionReport>,
  { owner, session, events }: AgentReport & { owner: Owner },
  record: number,
): void {
  if (events.some(({ event_id }) => !ID.pattern.test(event_id))) {
    throw badRequest([{ path: 'event_id', message: ID.message }])
  }
  const key = JSON.stringify([owner.workspace, session.key])
  const known: SessionReport = sessions.get(key) ?? { owner, session, events: new Map(), records: [] }
  // The last report about a session is the one that knows whether it ended.
  sessions.set(key, { ...known, session: { ...known.session, ...session } })
  known.records.push(record)
  for (const { content: _, ...event } of events) {
    const collected = known.events.get(event.event_id)
    if (collected) collected.records.push(record)
    else known.events.set(event.event_id, { event, records: [record] })
  }
}

function toRejection(error: unknown, path: string, onFault: CollectOptions['onFault']): GatewayError {
  if (error instanceof GatewayError) return error
  if (error instanceof z.core.$ZodError) {
    return badRequest(toIssues(error).map((issue) => ({ ...issue, path: issue.path ? `${path}.${issue.path}` : path })))
  }
  onFault(error)
  return new GatewayError('UNPROCESSABLE_CONTENT', `${path}: cannot be read`, { cause: error })
}
