import { MAX_BATCH_EVENTS, type ProblemCode, shortened } from '@achilles/mcp-contract'
import type { LRUCache } from 'lru-cache'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { CollectedEvent, SessionReport } from './collect-reports.ts'
import type { Procedures } from './procedures.ts'

export interface StoreOptions {
  procedures: Procedures
  /** The ids of sessions that were opened before. */
  sessionIds: LRUCache<string, string>
  /** The caller's name: sessions are remembered for each caller. */
  caller: string
  /** RFC 3339. */
  receivedAt: string
  reject(records: readonly number[], error: GatewayError): void
  /** A monotonic clock, in milliseconds. */
  now: () => number
  /** Called if something about a session could not be stored, but its events are. */
  warn(error: GatewayError): void
}

/** Sessions that are stored at the same time. */
const CONCURRENCY = 8

/** How long a request may take: exporters give up after 10 seconds by default. */
const LIMIT_MS = 60_000

/** How often the events of a session are split to find those that Core rejects. */
const MAX_SPLITS = 32

/**
 * Opens the sessions and sends their events to Core; resolves once Core has acknowledged or rejected each event.
 * @throws GatewayError if that is not known. Storing everything again is then safe.
 */
export async function storeSessions(sessions: readonly SessionReport[], options: StoreOptions): Promise<void> {
  const waiting = sessions.filter(({ events, session }) => events.size > 0 || session.endStatus !== undefined).values()
  let failure: { error: unknown } | undefined
  let isHalted = false
  const fail = (error: unknown) => {
    failure ??= { error: toRetryable(error) }
    // Core may accept the other sessions of a request, e.g. those of other workspaces.
    isHalted ||= !isRefusal(error)
  }
  const endsAt = options.now() + LIMIT_MS
  const work = async () => {
    // Each worker takes the next session that none has taken.
    for (const report of waiting) {
      if (options.now() >= endsAt) fail(tooSlow())
      if (isHalted) return
      await storeSession(report, options).catch(fail)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
  if (failure) throw failure.error
}

async function storeSession(report: SessionReport, options: StoreOptions): Promise<void> {
  const events = [...report.events.values()]
  const budget = { splits: MAX_SPLITS }
  try {
    await withSession(report, options, async (sessionId) => {
      for (let at = 0; at < events.length; at += MAX_BATCH_EVENTS) {
        await sendEvents(sessionId, events.slice(at, at + MAX_BATCH_EVENTS), options, budget)
      }
      await endSession(sessionId, report, options)
    })
  } catch (error) {
    if (!isFinal(error)) throw error
    options.reject(report.records, error)
  }
}

/** Opens the session unless it is remembered. One that Core no longer knows is opened again. */
async function withSession(
  report: SessionReport,
  { procedures, sessionIds, caller, receivedAt }: StoreOptions,
  run: (sessionId: string) => Promise<void>,
): Promise<void> {
  const key = JSON.stringify([caller, report.owner.workspace, report.session.key])
  const remembered = sessionIds.get(key)
  if (remembered !== undefined) {
    try {
      return await run(remembered)
    } catch (error) {
      if (!isUnknownSession(error)) throw error
      sessionIds.delete(key)
    }
  }
  const sessionId = await openSession(report, procedures, receivedAt)
  sessionIds.set(key, sessionId)
  await run(sessionId)
}

async function openSession(
  { session, owner, events }: SessionReport,
  procedures: Procedures,
  receivedAt: string,
): Promise<string> {
  const project = session.cwd === undefined ? undefined : await resolveProject(owner.workspace, session.cwd, procedures)
  const { session_id } = await procedures.createSession({
    external_session_key: session.key,
    user_id: owner.user,
    workspace_id: owner.workspace,
    start_time: findTime(events.values(), (time, first) => time < first) ?? receivedAt,
    ...(project !== undefined && { project_id: project }),
  })
  return session_id
}

/** A session may have no project, so a rejection is none of the session. */
async function resolveProject(workspace: string, root: string, procedures: Procedures): Promise<string | undefined> {
  try {
    const input = { workspace_id: workspace, workspace_root: root, create_if_missing: true }
    return (await procedures.resolveProject(input)).project_id
  } catch (error) {
    if (!isFinal(error) && !isRefusal(error)) throw error
    return undefined
  }
}

/**
 * Splits a batch that Core rejects, so that one event does not cost the others.
 * @throws GatewayError 404 for an unknown session, or whatever sending the same again may change.
 */
async function sendEvents(
  sessionId: string,
  slice: readonly CollectedEvent[],
  options: StoreOptions,
  budget: { splits: number },
): Promise<void> {
  const events = slice.map(({ event }) => ({ ...event, session_id: sessionId }))
  try {
    const { results, failed } = await options.procedures.ingestBatch({ events })
    if (failed.some(({ code }) => code === 'UNKNOWN_SESSION')) throw unknownSession(sessionId)
    const reported = new Map([...results, ...failed].map((result) => [result.event_id, result.error]))
    for (const { event, records } of slice) {
      if (!reported.has(event.event_id)) throw new GatewayError('BAD_GATEWAY', 'Core’s response leaves out an event.')
      const error = reported.get(event.event_id)
      if (typeof error === 'string') options.reject(records, toRejection(event.event_id, error))
    }
  } catch (error) {
    if (!isFinal(error)) throw error
    if (slice.length === 1 || !error.upstream || budget.splits-- <= 0) {
      return options.reject(
        slice.flatMap(({ records }) => records),
        error,
      )
    }
    const middle = slice.length >> 1
    await sendEvents(sessionId, slice.slice(0, middle), options, budget)
    await sendEvents(sessionId, slice.slice(middle), options, budget)
  }
}

async function endSession(
  sessionId: string,
  { session, events }: SessionReport,
  { procedures, warn }: StoreOptions,
): Promise<void> {
  if (session.endStatus === undefined) return
  const end_time = findTime(events.values(), (time, last) => time > last)
  try {
    await procedures.updateSession({
      session_id: sessionId,
      status: session.endStatus,
      ...(end_time !== undefined && { end_time }),
    })
  } catch (error) {
    if (!isFinal(error)) throw error
    warn(error)
  }
}

function findTime(
  events: Iterable<CollectedEvent>,
  isBetter: (time: number, than: number) => boolean,
): string | undefined {
  let best: string | undefined
  for (const { event } of events) {
    const { timestamp } = event
    if (best === undefined || isBetter(Date.parse(timestamp), Date.parse(best))) best = timestamp
  }
  return best
}

/** What sending the same again cannot change; of any other failure it is not known whether Core stored something. */
const FINAL: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'BAD_REQUEST',
  'CONFLICT',
  'PAYLOAD_TOO_LARGE',
  'UNPROCESSABLE_CONTENT',
])

const isFinal = (error: unknown): error is GatewayError => error instanceof GatewayError && FINAL.has(error.problem)

/** What Core objects to in the gateway, not in the records: its key, its address. The caller's access was checked before. */
const REFUSALS: ReadonlySet<ProblemCode> = new Set<ProblemCode>(['UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'])

const isRefusal = (error: unknown): error is GatewayError =>
  error instanceof GatewayError && REFUSALS.has(error.problem)

/** Exporters drop what is rejected with the status of a refusal. */
function toRetryable(error: unknown): unknown {
  if (!isRefusal(error)) return error
  const { upstream, message } = error
  const detail = upstream ? `Core rejected a call of the gateway with status ${upstream.status}.` : message
  return new GatewayError('SERVICE_UNAVAILABLE', detail, { cause: error })
}

const isUnknownSession = (error: unknown): boolean => error instanceof GatewayError && error.problem === 'NOT_FOUND'

const tooSlow = () =>
  new GatewayError(
    'SERVICE_UNAVAILABLE',
    `Not all sessions were stored within ${LIMIT_MS / 1000} s; send them again.`,
    {
      headers: { 'retry-after': '1' },
    },
  )

const unknownSession = (sessionId: string) => new GatewayError('NOT_FOUND', `Session ${sessionId} is unknown.`)

const LONGEST_ERROR = 300

/** Marked as Core's words, which the log leaves out. */
function toRejection(eventId: string, error: string): GatewayError {
  const detail = shortened(`event ${eventId}: ${error}`, LONGEST_ERROR)
  return new GatewayError('UNPROCESSABLE_CONTENT', detail, { upstream: { status: 200, detail } })
}
