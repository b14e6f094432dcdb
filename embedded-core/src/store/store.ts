import type { Database, OpenDatabase } from '../database.ts'
import { correlateError } from './error-correlations.ts'
import { ingestEvents } from './events.ts'
import { queryInsights } from './insights/query-insights.ts'
import { resolveProject } from './projects.ts'
import { createSession, resolveSession, updateSession } from './sessions.ts'
import { recordPerformance, recordSnapshot } from './snapshots.ts'

/** All operations on stored data. A write resolves after its commit. */
export function createStore(database: OpenDatabase) {
  return {
    createSession: bind(database, createSession),
    updateSession: bind(database, updateSession),
    resolveSession: bind(database, resolveSession),
    resolveProject: bind(database, resolveProject),
    ingestEvents: bind(database, ingestEvents),
    queryInsights: bind(database, queryInsights),
    recordSnapshot: bind(database, recordSnapshot),
    recordPerformance: bind(database, recordPerformance),
    correlateError: bind(database, correlateError),
  }
}
export type Store = ReturnType<typeof createStore>

const bind =
  <Rest extends unknown[], Result>(
    database: OpenDatabase,
    operation: (db: Database, ...rest: Rest) => Promise<Result>,
  ) =>
  (...rest: Rest) =>
    database.run((db) => operation(db, ...rest))
