import { eq } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { NotFound } from '../not-found.ts'
import { sessions } from '../schema.ts'

/** @throws NotFound when the session is unknown. Sessions are never deleted, so the answer holds. */
export async function requireSession(db: Database, sessionId: string): Promise<void> {
  const found = await db
    .select({ session_id: sessions.session_id })
    .from(sessions)
    .where(eq(sessions.session_id, sessionId))
  if (found.length === 0) throw unknownSession(sessionId)
}

/** The fault of a request that names a session nobody made. */
export const unknownSession = (sessionId: string) => new NotFound(`session ${sessionId} is unknown`)
