import type { MCPAgentPerformanceResponse, MCPAgentPerformanceSnapshot } from '@achilles/mcp-contract'
import { eq } from 'drizzle-orm'
import type { z } from 'zod'
import type { Database } from '../database.ts'
import { agentPerformance } from '../schema.ts'
import { insertOnce } from './insert-once.ts'
import { newId } from './new-id.ts'
import { requireSession } from './require-session.ts'

const performanceOut = {
  snapshot_id: agentPerformance.snapshot_id,
  session_id: agentPerformance.session_id,
  agent_id: agentPerformance.agent_id,
  created_at: agentPerformance.created_at,
}

/**
 * Keeps how an agent did in a window of time, once for each idempotency key.
 * @throws NotFound when the session is unknown.
 */
export async function recordPerformance(
  db: Database,
  request: z.output<typeof MCPAgentPerformanceSnapshot>,
  idempotencyKey: string | undefined,
): Promise<MCPAgentPerformanceResponse> {
  const { session_id, agent_id } = request
  await requireSession(db, session_id)
  return insertOnce(idempotencyKey, {
    insert: (idempotency_key) =>
      db
        .insert(agentPerformance)
        .values({ snapshot_id: newId('aps'), session_id, agent_id, request, idempotency_key })
        .onConflictDoNothing({ target: agentPerformance.idempotency_key })
        .returning(performanceOut),
    find: (key) => db.select(performanceOut).from(agentPerformance).where(eq(agentPerformance.idempotency_key, key)),
  })
}
