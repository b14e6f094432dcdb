import { createGatewayClient, openSession, type SessionOptions } from '@achilles/mcp-client'
import type { EventRecorder } from './recorder.ts'

export async function openAchilles(url: string, options: Pick<SessionOptions, 'spool'> = {}): Promise<EventRecorder> {
  const session = openSession(createGatewayClient({ url }), {
    client_name: 'client-bench',
    client_version: '1.0.0',
    workspace_id: 'ws-bench',
    user_id: 'ada',
    external_session_key: 'bench',
    ...options,
  })
  return {
    record(event) {
      session.record(event)
    },
    persisted: () => session.persisted(),
    async flush() {
      await session.persisted()
      await session.flush()
    },
    close: () => session.close(),
  }
}
