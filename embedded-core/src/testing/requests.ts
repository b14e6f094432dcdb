import { randomUUID } from 'node:crypto'
import type { MCPEvent, MCPSessionCreate } from '@achilles/mcp-contract'
import type { z } from 'zod'

type Session = z.output<typeof MCPSessionCreate>
type Event = z.output<typeof MCPEvent>

export const newSession = (with_: Partial<Session> = {}): Session => ({
  external_session_key: randomUUID(),
  user_id: 'ada',
  workspace_id: 'ws-1',
  start_time: '2026-03-02T10:00:00.5+01:00',
  ...with_,
})

export const newEvent = (session_id: string, with_: Partial<Event> = {}): Event => ({
  event_id: randomUUID(),
  event_type: 'file_edited',
  source_type: 'ide',
  session_id,
  timestamp: '2026-03-02T09:04:11.250Z',
  ...with_,
})
