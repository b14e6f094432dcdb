import type { MCPEvent, MCPInsightsQuery, MCPSessionCreate } from '@achilles/mcp-contract'
import type { Surface } from './contenders/contenders.ts'
import { OPERATIONS, REST_BASE } from './contenders/operations.ts'

export interface BenchCase {
  name: string
  surface: Surface
  path: string
  /** The most connections to measure it at. @default any number */
  maxConnections?: number
  /** Returns a function that creates the next body of a connection; no two calls of a load send the same event. */
  createBodies(connection: number): () => Buffer
}

const SESSION: MCPSessionCreate = {
  external_session_key: 'vscode-7f3a',
  user_id: 'ada',
  workspace_id: 'ws-checkout',
  start_time: '2026-03-02T09:00:00Z',
  tags: ['refactoring', 'checkout'],
  config_snapshot: { editor: { tab_size: 2, format_on_save: true } },
}
const INSIGHTS: MCPInsightsQuery = { session_id: 'ses_8c41f0aa27d2', limit: 10 }

const native = (json: string) => `{"json":${json}}`

function always(text: string): BenchCase['createBodies'] {
  const body = Buffer.from(text)
  return () => () => body
}

export const CASES: readonly BenchCase[] = [
  {
    name: 'REST session',
    surface: 'rest',
    path: REST_BASE + OPERATIONS.createSession.rest,
    createBodies: always(JSON.stringify(SESSION)),
  },
  {
    name: 'native session',
    surface: 'native',
    path: '/trpc/sessions.create',
    createBodies: always(native(JSON.stringify(SESSION))),
  },
  {
    name: 'REST batch of 50',
    surface: 'rest',
    path: REST_BASE + OPERATIONS.ingestBatch.rest,
    createBodies: (connection) => batchBodies(connection, 50),
  },
  {
    name: 'native batch of 50',
    surface: 'native',
    path: '/trpc/signals.ingestBatch',
    createBodies: (connection) => batchBodies(connection, 50, native),
  },
  {
    name: 'REST batch of 500',
    surface: 'rest',
    path: REST_BASE + OPERATIONS.ingestBatch.rest,
    // With more, a slow server would not respond for a long time.
    maxConnections: 32,
    createBodies: (connection) => batchBodies(connection, 500),
  },
  {
    name: 'REST insights',
    surface: 'rest',
    path: REST_BASE + OPERATIONS.insights.rest,
    createBodies: always(JSON.stringify(INSIGHTS)),
  },
]

const DIGITS = 8
const PLACEHOLDER = '#'.repeat(DIGITS)

/** One buffer is reused, since building a batch costs more than serving it: send a body before requesting the next. */
export function batchBodies(connection: number, size: number, wrap = (json: string) => json): () => Buffer {
  const events = Array.from({ length: size }, (_, index) => createEvent(`evt-${connection}-${index}-${PLACEHOLDER}`))
  const body = Buffer.from(wrap(JSON.stringify({ events })))
  const places: number[] = []
  for (let at = body.indexOf(PLACEHOLDER); at !== -1; at = body.indexOf(PLACEHOLDER, at + DIGITS)) places.push(at)
  let sent = 0
  return () => {
    const number = String(sent++).padStart(DIGITS, '0')
    for (const place of places) body.write(number, place, 'latin1')
    return body
  }
}

const createEvent = (event_id: string): MCPEvent => ({
  event_id,
  event_type: 'file_edited',
  source_type: 'ide',
  session_id: 'ses_8c41f0aa27d2',
  timestamp: '2026-03-02T09:04:11.250Z',
  workspace_id: 'ws-checkout',
  user_id: 'ada',
  file_path: 'src/checkout/cart/line-items.ts',
  language: 'typescript',
  duration_ms: 1840,
  attribution_source: 'human',
  attribution_confidence: 0.98,
  metadata_: { editor: 'vscode', branch: 'feature/line-items' },
  payload: {
    lines_added: 12,
    lines_removed: 3,
    ranges: [
      { start: 41, end: 48 },
      { start: 97, end: 101 },
    ],
    note: 'extracts the sum of a line',
  },
})
