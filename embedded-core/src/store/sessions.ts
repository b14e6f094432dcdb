import type {
  MCPSessionCreate,
  MCPSessionResolve,
  MCPSessionResolveResponse,
  MCPSessionUpdate,
  SessionOut,
} from '@achilles/mcp-contract'
import { and, desc, eq, getTableColumns, sql } from 'drizzle-orm'
import type { z } from 'zod'
import type { Database } from '../database.ts'
import { NotFound, requireOrder, unprocessable } from '../read-request.ts'
import { newId, sessions } from '../schema.ts'

const { sequence, ...sessionOut } = getTableColumns(sessions)

/** Returns an existing session with this key unchanged. */
export async function createSession(db: Database, request: z.output<typeof MCPSessionCreate>): Promise<SessionOut> {
  const { external_session_key, workspace_id } = request
  const [inserted] = await db
    .insert(sessions)
    .values({ ...request, tags: request.tags ?? [], session_id: newId('ses'), status: 'active' })
    .onConflictDoNothing({ target: [sessions.workspace_id, sessions.external_session_key] })
    .returning(sessionOut)
  const session = inserted ?? (await resolveSession(db, { external_session_key, workspace_id })).session
  if (!session) throw new Error('a session is neither new nor stored')
  return session
}

/**
 * An active session has no `end_time`; otherwise an omitted `end_time` keeps the stored one.
 * @throws NotFound if the session is unknown.
 * @throws BadRequest 422 if `end_time` is before `start_time`, or is set on an active session.
 */
export async function updateSession(
  db: Database,
  { session_id, status, end_time }: z.output<typeof MCPSessionUpdate>,
): Promise<SessionOut> {
  if (end_time !== undefined) await requireEnd(db, session_id, status, end_time)
  const [session] = await db
    .update(sessions)
    .set({
      status,
      end_time: status === 'active' ? null : end_time,
      // PGlite's clock has a resolution of milliseconds.
      updated_at: sql`greatest(clock_timestamp(), ${sessions.updated_at} + interval '1 microsecond')`,
    })
    .where(eq(sessions.session_id, session_id))
    .returning(sessionOut)
  if (!session) throw unknownSession(session_id)
  return session
}

async function requireEnd(db: Database, sessionId: string, status: string, endTime: string): Promise<void> {
  if (status === 'active') throw unprocessable('end_time', 'an active session has none')
  // A session's start never changes, so this check still holds when the status is set.
  const [session] = await db
    .select({ start_time: sessions.start_time })
    .from(sessions)
    .where(eq(sessions.session_id, sessionId))
  if (!session) throw unknownSession(sessionId)
  requireOrder(['start_time', session.start_time], ['end_time', endTime])
}

/** Returns the newest one if several workspaces or users have the key. */
export async function resolveSession(
  db: Database,
  { external_session_key, workspace_id, user_id }: z.output<typeof MCPSessionResolve>,
): Promise<MCPSessionResolveResponse> {
  const [session] = await db
    .select(sessionOut)
    .from(sessions)
    .where(
      and(
        eq(sessions.external_session_key, external_session_key),
        workspace_id === undefined ? undefined : eq(sessions.workspace_id, workspace_id),
        user_id === undefined ? undefined : eq(sessions.user_id, user_id),
      ),
    )
    .orderBy(desc(sessions.created_at), desc(sequence))
    .limit(1)
  return { found: session !== undefined, session: session ?? null }
}

/** @throws NotFound if the session is unknown. Sessions are never deleted, so the result stays valid. */
export async function requireSession(db: Database, sessionId: string): Promise<void> {
  const found = await db
    .select({ session_id: sessions.session_id })
    .from(sessions)
    .where(eq(sessions.session_id, sessionId))
  if (found.length === 0) throw unknownSession(sessionId)
}

export const unknownSession = (sessionId: string) => new NotFound(`session ${sessionId} is unknown`)
