import type { MCPSessionSnapshotRequest, MCPSessionSnapshotResponse } from '@achilles/mcp-contract'
import { eq } from 'drizzle-orm'
import type { z } from 'zod'
import type { Database } from '../database.ts'
import { sessionSnapshots } from '../schema.ts'
import { type IdempotencyKey, insertOnce } from './insert-once.ts'
import { newId } from './new-id.ts'
import { requireSession } from './require-session.ts'

const snapshotOut = {
  snapshot_id: sessionSnapshots.snapshot_id,
  session_id: sessionSnapshots.session_id,
  snapshot_type: sessionSnapshots.snapshot_type,
  created_at: sessionSnapshots.created_at,
}

/**
 * Stores a snapshot of a session's state, once per idempotency key.
 * @throws NotFound if the session is unknown.
 */
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
