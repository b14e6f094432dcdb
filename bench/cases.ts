import type { MCPInsightsQuery, MCPSessionCreate } from '@achilles/mcp-contract'
import type { Surface } from './contenders/contender.ts'
import { OPERATIONS, REST_BASE } from './contenders/operations.ts'
import { batchBodies } from './load/batch-bodies.ts'

/** One kind of call to measure. */
export interface BenchCase {
  /** As the report names it, e.g. `REST batch of 50`. */
  name: string
  surface: Surface
  path: string
  /** The most connections to measure it at. @default any number */
  maxConnections?: number
  /** Makes the bodies of one connection's calls, one after another; no two calls of a load send the same event. */
  bodiesOf(connection: number): () => Buffer
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

/** superjson's envelope around plain JSON. */
const native = (json: string) => `{"json":${json}}`

function always(text: string): BenchCase['bodiesOf'] {
  const body = Buffer.from(text)
  return () => () => body
}

/** Every kind of call that is measured. */
export const CASES: readonly BenchCase[] = [
  {
    name: 'REST session',
    surface: 'rest',
    path: REST_BASE + OPERATIONS.createSession.rest,
    bodiesOf: always(JSON.stringify(SESSION)),
  },
  {
    name: 'native session',
    surface: 'native',
    path: '/trpc/sessions.create',
    bodiesOf: always(native(JSON.stringify(SESSION))),
  },
  {
    name: 'REST batch of 50',
    surface: 'rest',
    path: REST_BASE + OPERATIONS.ingestBatch.rest,
    bodiesOf: (connection) => batchBodies(connection, 50),
  },
  {
    name: 'native batch of 50',
    surface: 'native',
    path: '/trpc/signals.ingestBatch',
    bodiesOf: (connection) => batchBodies(connection, 50, native),
  },
  {
    name: 'REST batch of 500',
    surface: 'rest',
    path: REST_BASE + OPERATIONS.ingestBatch.rest,
    // With more a slow server answers nobody for a long while.
    maxConnections: 32,
    bodiesOf: (connection) => batchBodies(connection, 500),
  },
  {
    name: 'REST insights',
    surface: 'rest',
    path: REST_BASE + OPERATIONS.insights.rest,
    bodiesOf: always(JSON.stringify(INSIGHTS)),
  },
]
