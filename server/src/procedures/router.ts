import { recordPerformance } from './agents/record-performance.ts'
import { correlate } from './errors/correlate.ts'
import { handshake } from './handshake/handshake.ts'
import { coreHealth } from './health/core-health.ts'
import { health } from './health/health.ts'
import { router } from './procedure.ts'
import { resolve as resolveProject } from './projects/resolve.ts'
import { create } from './sessions/create.ts'
import { resolve as resolveSession } from './sessions/resolve.ts'
import { update } from './sessions/update.ts'
import { ingest } from './signals/ingest.ts'
import { ingestBatch } from './signals/ingest-batch.ts'
import { insights } from './signals/insights.ts'
import { watchInsights } from './signals/watch-insights.ts'
import { snapshot } from './state/snapshot.ts'

export const appRouter = router({
  health,
  coreHealth,
  handshake,
  sessions: { create, update, resolve: resolveSession },
  projects: { resolve: resolveProject },
  signals: { ingestBatch, ingest, insights, watchInsights },
  state: { snapshot },
  agents: { recordPerformance },
  errors: { correlate },
})

export type AppRouter = typeof appRouter
