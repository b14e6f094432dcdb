import type {
  MCPAgentPerformanceResponse,
  MCPAgentPerformanceSnapshot,
  MCPSessionSnapshotRequest,
  MCPSessionSnapshotResponse,
} from '@achilles/mcp-contract'
import { eq } from 'drizzle-orm'
import type { z } from 'zod'
import type { Database } from '../database.ts'
import { requireOrder } from '../read-request.ts'
import { agentPerformance, newId, sessionSnapshots } from '../schema.ts'
import { type IdempotencyKey, insertOnce } from './insert-once.ts'
import { requireSession } from './sessions.ts'

const snapshotOut = {
  snapshot_id: sessionSnapshots.snapshot_id,
  session_id: sessionSnapshots.session_id,
  snapshot_type: sessionSnapshots.snapshot_type,
  created_at: sessionSnapshots.created_at,
}

/** @throws NotFound if the session is unknown. */
export async function recordSnapshot(
  db: Database,
  request: z.output<typeof MCPSessionSnapshotRequest>,
  idempotencyKey: IdempotencyKey | undefined,
): Promise<MCPSessionSnapshotResponse> {
  const { session_id, snapshot_type } = request
  await requireSession(db, session_id)
  return insertOnce(idempotencyKey, request, {
    insert: (idempotency_key) =>
      db
        .insert(sessionSnapshots)
        .values({ snapshot_id: newId('snp'), session_id, snapshot_type, request, idempotency_key })
        .onConflictDoNothing({ target: sessionSnapshots.idempotency_key })
        .returning(snapshotOut),
    find: (key) =>
      db
        .select({ row: snapshotOut, request: sessionSnapshots.request })
        .from(sessionSnapshots)
        .where(eq(sessionSnapshots.idempotency_key, key)),
  })
}

const performanceOut = {
  snapshot_id: agentPerformance.snapshot_id,
  session_id: agentPerformance.session_id,
  agent_id: agentPerformance.agent_id,
  created_at: agentPerformance.created_at,
}

/** @throws NotFound if the session is unknown; BadRequest 422 if the window ends before it starts. */
export async function recordPerformance(
  db: Database,
  request: z.output<typeof MCPAgentPerformanceSnapshot>,
  idempotencyKey: IdempotencyKey | undefined,
): Promise<MCPAgentPerformanceResponse> {
  const { session_id, agent_id, window_start, window_end } = request
  requireOrder(['window_start', window_start], ['window_end', window_end])
  await requireSession(db, session_id)
  return insertOnce(idempotencyKey, request, {
    insert: (idempotency_key) =>
      db
        .insert(agentPerformance)
        .values({ snapshot_id: newId('aps'), session_id, agent_id, request, idempotency_key })
        .onConflictDoNothing({ target: agentPerformance.idempotency_key })
        .returning(performanceOut),
    find: (key) =>
      db
        .select({ row: performanceOut, request: agentPerformance.request })
        .from(agentPerformance)
        .where(eq(agentPerformance.idempotency_key, key)),
  })
}
