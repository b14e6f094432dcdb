import type {
  EventBatchResponse,
  GatewayClient,
  MCPEvent,
  MCPEventBatch,
  MCPProjectResolve,
  MCPSessionCreate,
  MCPSessionUpdate,
  SessionStatus,
} from '@achilles/mcp-client'

export interface InMemoryCore {
  sessions: Map<string, MCPSessionCreate & Partial<MCPSessionUpdate> & { session_id: string; status: SessionStatus }>
  events: Map<string, MCPEvent>
  batches: MCPEvent[][]
  projects: MCPProjectResolve[]
  /** Called before each response, with the procedure's name; the call fails with what it throws. */
  before: (procedure: string) => void | Promise<void>
  gateway: GatewayClient
}

/** The part of Core that a replay uses. Detects duplicates as Core does; returns one insight per session. */
export function inMemoryCore(limits = { preferred_batch_size: 200, max_payload_bytes: 1_000_000 }): InMemoryCore {
  const core: InMemoryCore = {
    sessions: new Map(),
    events: new Map(),
    batches: [],
    projects: [],
    before: () => {},
    gateway: {} as GatewayClient,
  }
  const answer =
    <Input, Output>(procedure: string, output: (input: Input) => Output) =>
    async (input: Input) => {
      await core.before(procedure)
      return output(input)
    }
  const gateway = {
    handshake: { mutate: answer('handshake', () => ({ ...limits, mcp_session_token: 'mst_1' })) },
    projects: {
      resolve: {
        mutate: answer('projects.resolve', (project: MCPProjectResolve) => {
          core.projects.push(project)
          return { project_id: 'prj_1', created: true }
        }),
      },
    },
    sessions: {
      create: {
        mutate: answer('sessions.create', (session: MCPSessionCreate) => {
          const key = `${session.workspace_id} ${session.external_session_key}`
          const stored = core.sessions.get(key) ?? {
            ...session,
            session_id: `ses_${core.sessions.size + 1}`,
            status: 'active' as const,
          }
          core.sessions.set(key, stored)
          return { ...stored }
        }),
      },
      update: {
        mutate: answer('sessions.update', (update: MCPSessionUpdate) => {
          const stored = [...core.sessions.values()].find(({ session_id }) => session_id === update.session_id)
          return Object.assign(stored ?? {}, update)
        }),
      },
    },
    signals: {
      ingestBatch: { mutate: answer('signals.ingestBatch', ({ events }: MCPEventBatch) => ingest(core, events)) },
      insights: {
        query: answer('signals.insights', ({ session_id }: { session_id: string }) => [
          { severity: 'low', category: 'quality', title: 'A title', message: 'a\nmessage', session_id },
        ]),
      },
    },
  }
  return Object.assign(core, { gateway })
}

function ingest({ events, batches }: InMemoryCore, batch: MCPEvent[]): EventBatchResponse {
  batches.push(batch)
  const answer: EventBatchResponse = { results: [], failed: [] }
  for (const event of batch) {
    const { event_id = '' } = event
    const key = `${event.session_id} ${event_id}`
    if (event.file_path?.startsWith('refused')) answer.failed.push({ event_id, error: 'refused', code: 'REFUSED' })
    else answer.results.push({ event_id, status: events.has(key) ? 'duplicate' : 'accepted' })
    events.set(key, event)
  }
  return answer
}
