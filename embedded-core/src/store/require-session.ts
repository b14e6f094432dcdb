import { eq } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { NotFound } from '../not-found.ts'
import { sessions } from '../schema.ts'

/** @throws NotFound if the session is unknown. Sessions are never deleted, so the result stays valid. */
export async function requireSession(db: Database, sessionId: string): Promise<void> {
  const found = await db
    .select({ session_id: sessions.session_id })
    .from(sessions)
    .where(eq(sessions.session_id, sessionId))
  if (found.length === 0) throw unknownSession(sessionId)
}

export const unknownSession = (sessionId: string) => new NotFound(`session ${sessionId} is unknown`)
