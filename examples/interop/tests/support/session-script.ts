import { randomUUID } from 'node:crypto'

interface ToolCall {
  tool: string
  input: Record<string, unknown>
}

/** Texts of the results of a script's calls, in order. */
type Results = readonly string[]

/** What an agent does to record a session: a list of tool calls, where later ones use the results of earlier ones. */
export interface SessionScript {
  /** @returns undefined after the last call */
  next(results: Results): ToolCall | undefined
  /** The index of the call that the gateway rejects. */
  rejected: number
  /** The `detail` of that error. */
  detail: string
  /** The batch that the script sends; its session is in the results. */
  batch(results: Results): { events: Record<string, unknown>[] }
  sessionId(results: Results): string
}

/** The tools' schemas have JSON text where an object may have any keys. */
const withTextPayloads = ({ events }: { events: Record<string, unknown>[] }) => ({
  events: events.map((event) => ({ ...event, payload: JSON.stringify(event.payload) })),
})

const TIME = '2026-03-02T09:04:11Z'

/** A script for a session of its own. */
export function createSessionScript(): SessionScript {
  const key = randomUUID()
  const workspace = { workspace_id: `ws-${key}` }
  const field = (results: Results, index: number, name: string): string =>
    (JSON.parse(results[index] ?? '') as Record<string, string>)[name] ?? ''
  const sessionId = (results: Results) => field(results, 2, 'session_id')

  // Six errors, because Core makes an insight of a burst of them.
  const batch = (results: Results) => ({
    events: Array.from({ length: 6 }, (_, index) => ({
      event_id: `${key}-${index}`,
      event_type: 'error',
      source_type: 'agent',
      session_id: sessionId(results),
      timestamp: TIME,
      payload: { nested: { list: [1, null, 'ü'] } },
    })),
  })
  const steps: ((results: Results) => ToolCall)[] = [
    () => ({ tool: 'handshake', input: { ...workspace, client_name: 'interop', client_version: '1' } }),
    () => ({
      tool: 'projects_resolve',
      input: { ...workspace, workspace_root: '/home/ada/checkout', create_if_missing: true },
    }),
    (results) => ({
      tool: 'sessions_create',
      input: {
        ...workspace,
        project_id: field(results, 1, 'project_id'),
        external_session_key: key,
        user_id: 'ada',
        start_time: TIME,
        tags: ['interop'],
      },
    }),
    (results) => ({ tool: 'signals_ingest_batch', input: withTextPayloads(batch(results)) }),
    // A rule that JSON Schema cannot express, so that no client rejects the call by itself.
    (results) => {
      const [first] = withTextPayloads(batch(results)).events
      return { tool: 'signals_ingest_batch', input: { events: [first, first] } }
    },
    (results) => ({
      tool: 'sessions_update',
      input: { session_id: sessionId(results), status: 'completed', end_time: TIME },
    }),
  ]
  return {
    next: (results) => steps[results.length]?.(results),
    rejected: 4,
    detail: 'events[1].event_id: same event_id as events[0]',
    batch,
    sessionId,
  }
}
