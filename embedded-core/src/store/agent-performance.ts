import type { MCPAgentPerformanceResponse, MCPAgentPerformanceSnapshot } from '@achilles/mcp-contract'
import { eq } from 'drizzle-orm'
import type { z } from 'zod'
import type { Database } from '../database.ts'
import { requireOrder } from '../require-order.ts'
import { agentPerformance } from '../schema.ts'
import { type IdempotencyKey, insertOnce } from './insert-once.ts'
import { newId } from './new-id.ts'
import { requireSession } from './require-session.ts'

const performanceOut = {
  snapshot_id: agentPerformance.snapshot_id,
  session_id: agentPerformance.session_id,
  agent_id: agentPerformance.agent_id,
  created_at: agentPerformance.created_at,
}

/**
 * Stores the performance of an agent, once per idempotency key.
 * @throws NotFound if the session is unknown.
 * @throws BadRequest 422 if the window ends before it starts.
 */
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
