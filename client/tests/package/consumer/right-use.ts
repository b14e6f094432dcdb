import {
  createGatewayClient,
  type GatewayClient,
  type GatewayClientOptions,
  GatewayError,
  type IndexedDbSpoolOptions,
  indexedDbSpool,
  isGatewayError,
  type Ledger,
  memorySpool,
  type NewEvent,
  openSession,
  type Problem,
  type Session,
  type SessionIdentity,
  type SessionOptions,
  type SessionOut,
  type Spool,
  type SpoolEntry,
} from '@achilles/mcp-client'
import { type FileSpoolOptions, fileSpool } from '@achilles/mcp-client/node'

const options: GatewayClientOptions = { url: new URL('http://127.0.0.1:8080'), apiKey: async () => 'key', fetch }
const who: SessionIdentity = {
  client_name: 'my-ide',
  client_version: '1.0.0',
  workspace_id: 'ws-checkout',
  user_id: 'ada',
  external_session_key: 'run-1',
}

const projects: SessionOptions[] = [
  who,
  { ...who, create_project: false },
  { ...who, workspace_root: '/home/ada/checkout', create_project: true, labels: { team: 'shop' } },
]
projects satisfies object[]

/** The three lines of the README. */
export async function threeLines(): Promise<SessionOut | undefined> {
  const session = openSession(createGatewayClient({ url: 'http://127.0.0.1:8080' }), who)
  session.record({ event_type: 'file_saved', source_type: 'ide', file_path: 'src/cart.ts' })
  return session.end()
}

/** Every procedure, called with what it takes. */
export async function allProcedures(gateway: GatewayClient): Promise<void> {
  const { status, last_ingest_error_at } = await gateway.health.query()
  status satisfies 'ok' | 'degraded' | 'draining' | (string & {})
  last_ingest_error_at satisfies string | null
  await gateway.coreHealth.query()
  const { preferred_batch_size } = await gateway.handshake.mutate({ ...who })
  preferred_batch_size satisfies number
  const opened: SessionOut = await gateway.sessions.create.mutate({ ...who, start_time: new Date() })
  const { session_id } = opened
  await gateway.sessions.update.mutate({ session_id, status: 'completed', end_time: '2026-03-02T17:30:00Z' })
  const { session } = await gateway.sessions.resolve.query({ external_session_key: 'run-1' })
  session satisfies SessionOut | null
  await gateway.projects.resolve.mutate({ workspace_id: 'ws-checkout', workspace_root: '/', labels: { team: 'shop' } })
  const event: NewEvent = { event_type: 'test_run', source_type: 'ci', payload: { passed: 12, ids: [1n, null] } }
  const sent = { ...event, event_id: 'e1', session_id, timestamp: new Date() }
  const { results, failed } = await gateway.signals.ingestBatch.mutate({ events: [sent] })
  results satisfies { event_id: string; status: string }[]
  failed satisfies { error: string; code?: string | undefined }[]
  await gateway.signals.ingest.mutate(sent, { context: { requestId: 'mine' } })
  const [insight] = await gateway.signals.insights.query({ session_id })
  insight?.severity satisfies string | undefined
  await gateway.state.snapshot.mutate({ session_id, snapshot_type: 'custom', payload: {} })
  const window = { window_start: new Date(), window_end: new Date(), tasks_completed: 1, tasks_failed: 0 }
  await gateway.agents.recordPerformance.mutate({ session_id, agent_id: 'reviewer', ...window })
  await gateway.errors.correlate.mutate({ session_id, error_event_id: 'e2', candidate_event_ids: ['e1'] })
}

interface TestRun {
  passed: number
  duration_ms?: number | undefined
}

/** What an editor has at hand: interfaces, and values that may be undefined. */
export function optionalFields(session: Session, run: TestRun, language: string | undefined): void {
  session.record({ event_type: 'test_run', source_type: 'ide', payload: run, metadata_: run, language })
  session.snapshot('custom', run)
}

/** What the rest of the package is for. */
export async function theRest(session: Session, error: unknown): Promise<Problem | undefined> {
  const ledger: Ledger = session.ledger()
  ledger satisfies object
  const named: IndexedDbSpoolOptions = { name: 'events' }
  const limited: FileSpoolOptions = { maxBytes: 1_000_000 }
  const spools: Spool[] = [memorySpool(), indexedDbSpool(named), fileSpool('events', limited)]
  await openSession(createGatewayClient(options), { ...who, ...(spools[0] && { spool: spools[0] }) })
  const left: SpoolEntry[] | undefined = await spools[1]?.recover()
  left satisfies { json: string }[] | undefined
  ;(error instanceof GatewayError) satisfies boolean
  return isGatewayError(error) ? error.data : undefined
}
