import type { MCPErrorCorrelationRequest, MCPErrorCorrelationResponse } from '@achilles/mcp-contract'
import { eq } from 'drizzle-orm'
import type { z } from 'zod'
import type { Database } from '../database.ts'
import { NotFound } from '../not-found.ts'
import { errorCorrelations } from '../schema.ts'
import { scoreCandidate } from '../score-candidate.ts'
import { type IdempotencyKey, insertOnce } from './insert-once.ts'
import { newId } from './new-id.ts'
import { requireSession } from './require-session.ts'
import { findSessionEvents } from './session-event.ts'

const DEFAULT_WINDOW_SECONDS = 3600

const correlationOut = {
  correlation_id: errorCorrelations.correlation_id,
  session_id: errorCorrelations.session_id,
  error_event_id: errorCorrelations.error_event_id,
  correlations: errorCorrelations.correlations,
}

/**
 * Scores which events of a session may have caused an error and stores the result, once per idempotency key.
 * @throws NotFound if the session or the error event is unknown.
 */
export async function correlateError(
  db: Database,
  request: z.output<typeof MCPErrorCorrelationRequest>,
  idempotencyKey: IdempotencyKey | undefined,
): Promise<MCPErrorCorrelationResponse> {
  const { session_id, error_event_id, candidate_event_ids, window_seconds = DEFAULT_WINDOW_SECONDS } = request
  await requireSession(db, session_id)
  const candidateIds = [...new Set(candidate_event_ids)]
  const stored = await findSessionEvents(db, session_id, [error_event_id, ...candidateIds])
  const byId = new Map(stored.map((event) => [event.event_id, event]))
  const error = byId.get(error_event_id)
  if (!error) throw new NotFound(`event ${error_event_id} is unknown in session ${session_id}`)
  const correlations = candidateIds
    .map((event_id) => ({ event_id, ...scoreCandidate(error, byId.get(event_id), window_seconds) }))
    .sort((a, b) => b.score - a.score)
  return insertOnce(idempotencyKey, request, {
    insert: (idempotency_key) =>
      db
        .insert(errorCorrelations)
        .values({
          correlation_id: newId('cor'),
          session_id,
          error_event_id,
          request,
          correlations,
          idempotency_key,
        })
        .onConflictDoNothing({ target: errorCorrelations.idempotency_key })
        .returning(correlationOut),
    find: (key) =>
      db
        .select({ row: correlationOut, request: errorCorrelations.request })
        .from(errorCorrelations)
        .where(eq(errorCorrelations.idempotency_key, key)),
  })
}
