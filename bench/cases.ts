import type { MCPInsightsQuery, MCPSessionCreate } from '@achilles/mcp-contract'
import type { Surface } from './contenders/contender.ts'
import { OPERATIONS, REST_BASE } from './contenders/operations.ts'
import { batchBodies } from './load/batch-bodies.ts'

export interface BenchCase {
  /** As the report names it, e.g. `REST batch of 50`. */
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
