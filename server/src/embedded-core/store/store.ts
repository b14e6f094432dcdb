import type { Database } from '../database.ts'
import { recordPerformance } from './agent-performance.ts'
import { correlateError } from './error-correlations.ts'
import { ingestEvents } from './events.ts'
import { queryInsights } from './insights.ts'
import { resolveProject } from './projects.ts'
import { createSession, resolveSession, updateSession } from './sessions.ts'
import { recordSnapshot } from './snapshots.ts'

/** Everything the embedded Core keeps and answers from; every promise of a write settles after its commit. */
export function createStore(db: Database) {
  return {
    createSession: on(db, createSession),
    updateSession: on(db, updateSession),
    resolveSession: on(db, resolveSession),
    resolveProject: on(db, resolveProject),
    ingestEvents: on(db, ingestEvents),
    queryInsights: on(db, queryInsights),
    recordSnapshot: on(db, recordSnapshot),
    recordPerformance: on(db, recordPerformance),
    correlateError: on(db, correlateError),
  }
}
export type Store = ReturnType<typeof createStore>

const on =
  <Rest extends unknown[], Answer>(db: Database, operation: (db: Database, ...rest: Rest) => Promise<Answer>) =>
  (...rest: Rest) =>
    operation(db, ...rest)
