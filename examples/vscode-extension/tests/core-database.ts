import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { createEmbeddedCoreApp } from '../../../embedded-core/src/app.ts'
import { openDatabase } from '../../../embedded-core/src/open-database.ts'
import { events, sessions } from '../../../embedded-core/src/schema.ts'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'

export interface StoredEvent {
  event_id: string
  event_type: string
  file_path: string | undefined
  payload: unknown
  created_at: string
}

/** An embedded Core in this process, so that a test can read its database while it serves. */
export interface CoreDatabase {
  url: string
  apiKey: string
  sessionsOf(workspaceId: string): Promise<{ session_id: string; status: string }[]>
  /** In the order they happened. */
  eventsOf(workspaceId: string): Promise<StoredEvent[]>
  close(): Promise<void>
}

export async function startCoreDatabase(): Promise<CoreDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'achilles-core-'))
  await seedDataDir(dataDir)
  const database = await openDatabase({ dataDir })
  const apiKey = 'core-key'
  const app = createEmbeddedCoreApp(database, { apiKey, log: () => {} })
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }) as Server
  if (!server.listening) await once(server, 'listening')

  async function sessionsOf(workspaceId: string) {
    const all = await database.db.select().from(sessions)
    return all.filter(({ workspace_id }) => workspace_id === workspaceId)
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey,
    sessionsOf,
    async eventsOf(workspaceId) {
      const ids = new Set((await sessionsOf(workspaceId)).map(({ session_id }) => session_id))
      const all = await database.db.select().from(events).orderBy(events.occurred_at_ms)
      return all
        .filter(({ session_id }) => ids.has(session_id))
        .map(({ event_id, event_type, fields, payload, created_at }) => ({
          event_id,
          event_type,
          file_path: fields.file_path,
          payload,
          created_at,
        }))
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await database.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
