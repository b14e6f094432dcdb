import type { Database, OpenDatabase } from '../database.ts'
import { recordPerformance } from './agent-performance.ts'
import { correlateError } from './error-correlations.ts'
import { ingestEvents } from './events.ts'
import { queryInsights } from './insights.ts'
import { resolveProject } from './projects.ts'
import { createSession, resolveSession, updateSession } from './sessions.ts'
import { recordSnapshot } from './snapshots.ts'

/** Everything the embedded Core keeps and answers from; every promise of a write settles after its commit. */
export function createStore(database: OpenDatabase) {
  return {
    createSession: on(database, createSession),
    updateSession: on(database, updateSession),
    resolveSession: on(database, resolveSession),
    resolveProject: on(database, resolveProject),
    ingestEvents: on(database, ingestEvents),
    queryInsights: on(database, queryInsights),
    recordSnapshot: on(database, recordSnapshot),
    recordPerformance: on(database, recordPerformance),
    correlateError: on(database, correlateError),
  }
}
export type Store = ReturnType<typeof createStore>

const on =
  <Rest extends unknown[], Answer>(
    database: OpenDatabase,
    operation: (db: Database, ...rest: Rest) => Promise<Answer>,
  ) =>
  (...rest: Rest) =>
    database.run((db) => operation(db, ...rest))
