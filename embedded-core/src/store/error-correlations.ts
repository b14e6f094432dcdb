import type { MCPErrorCorrelationRequest, MCPErrorCorrelationResponse } from '@achilles/mcp-contract'
import { eq } from 'drizzle-orm'
import type { z } from 'zod'
import type { Database } from '../database.ts'
import { NotFound } from '../read-request.ts'
import { errorCorrelations, newId } from '../schema.ts'
import { findSessionEvents } from './find-session-events.ts'
import { type IdempotencyKey, insertOnce } from './insert-once.ts'
import type { SessionEvent } from './session-event.ts'
import { requireSession } from './sessions.ts'

const DEFAULT_WINDOW_SECONDS = 3600

const correlationOut = {
  correlation_id: errorCorrelations.correlation_id,
  session_id: errorCorrelations.session_id,
  error_event_id: errorCorrelations.error_event_id,
  correlations: errorCorrelations.correlations,
}

/** @throws NotFound if the session or the error event is unknown. */
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

interface Score {
  score: number
  reason: string
}

const WEIGHTS = { parent: 0.4, correlation: 0.3, file: 0.3, nearness: 0.25 }

const TYPE_WEIGHTS: Readonly<Record<string, number>> = {
  file_edited: 0.15,
  suggestion_accepted: 0.15,
  git_operation: 0.1,
  command_executed: 0.1,
  tool_call: 0.1,
  build_run: 0.05,
  test_run: 0.05,
}

export function scoreCandidate(error: SessionEvent, candidate: SessionEvent | undefined, windowSeconds: number): Score {
  if (!candidate) return { score: 0, reason: 'no such event in this session' }
  if (candidate.event_id === error.event_id) return { score: 0, reason: 'the error itself' }
  const secondsBefore = (error.at_ms - candidate.at_ms) / 1000
  if (secondsBefore < 0) return { score: 0, reason: 'happened after the error' }
  if (secondsBefore > windowSeconds) return { score: 0, reason: `more than ${windowSeconds} s before the error` }

  const found: [weight: number, reason: string][] = []
  if (error.parent_event_id === candidate.event_id) found.push([WEIGHTS.parent, 'parent of the error'])
  if (error.correlation_id !== undefined && error.correlation_id === candidate.correlation_id)
    found.push([WEIGHTS.correlation, 'same correlation_id'])
  if (error.file_path !== undefined && error.file_path === candidate.file_path) found.push([WEIGHTS.file, 'same file'])
  const typeWeight = TYPE_WEIGHTS[candidate.event_type]
  if (typeWeight !== undefined) found.push([typeWeight, candidate.event_type])
  found.push([WEIGHTS.nearness * (1 - secondsBefore / windowSeconds), `${Math.round(secondsBefore)} s before`])

  const sum = found.reduce((total, [weight]) => total + weight, 0)
  return { score: Math.min(1, Math.round(sum * 1000) / 1000), reason: found.map(([, reason]) => reason).join(', ') }
}
