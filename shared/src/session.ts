import * as z from 'zod'
import {
  id,
  jsonObject,
  list,
  objectInResponse,
  openEnum,
  sessionIdInPath,
  time,
  timeInResponse,
} from './primitives.ts'

/** The status of a session. */
export const SessionStatus = z
  .enum(['active', 'completed', 'abandoned', 'failed'])
  .meta({ id: 'SessionStatus', description: 'The status of a session.', examples: ['active'] })
export type SessionStatus = z.infer<typeof SessionStatus>

/** Creates a session; the same `external_session_key` in the same workspace returns the same session. */
export const MCPSessionCreate = z
  .strictObject({
    external_session_key: id().describe('The client’s own key of the session, which makes the call safe to repeat.'),
    user_id: id().describe('The user of the session.'),
    workspace_id: id(),
    start_time: time().describe('Start of the session: RFC 3339, with `Z` or an offset.'),
    project_id: id().optional(),
    tags: list(z.string().max(128), { max: 64 }).optional().describe('Any tags.'),
    config_snapshot: jsonObject().optional().describe('Settings of the client to store with the session.'),
  })
  .meta({
    id: 'MCPSessionCreate',
    description: 'Creates a session; the same `external_session_key` in the same workspace returns the same session.',
    examples: [
      {
        external_session_key: 'vscode-7f3a',
        user_id: 'ada',
        workspace_id: 'ws-checkout',
        start_time: '2026-03-02T09:00:00Z',
        tags: ['refactoring'],
        config_snapshot: { editor: { tab_size: 2 } },
      },
    ],
  })
export type MCPSessionCreate = z.input<typeof MCPSessionCreate>

/** Sets the status of a session. */
export const MCPSessionUpdate = z
  .strictObject({
    session_id: sessionIdInPath().describe('The id of the session, as Core returned it.'),
    status: SessionStatus,
    end_time: time().optional().describe('End of the session: RFC 3339, with `Z` or an offset.'),
  })
  .meta({
    id: 'MCPSessionUpdate',
    description: 'Sets the status of a session.',
    examples: [{ session_id: 'ses_8c41', status: 'completed', end_time: '2026-03-02T17:30:00Z' }],
  })
export type MCPSessionUpdate = z.input<typeof MCPSessionUpdate>

/** Finds a session by the client's own key. */
export const MCPSessionResolve = z
  .strictObject({
    external_session_key: id(),
    workspace_id: id().optional(),
    user_id: id().optional(),
  })
  .meta({
    id: 'MCPSessionResolve',
    description: 'Finds a session by the client’s own key.',
    examples: [{ external_session_key: 'vscode-7f3a', workspace_id: 'ws-checkout' }],
  })
export type MCPSessionResolve = z.input<typeof MCPSessionResolve>

const session = {
  session_id: 'ses_8c41',
  external_session_key: 'vscode-7f3a',
  user_id: 'ada',
  workspace_id: 'ws-checkout',
  project_id: null,
  status: 'active',
  start_time: '2026-03-02T09:00:00Z',
  end_time: null,
  tags: ['refactoring'],
  config_snapshot: { editor: { tab_size: 2 } },
  created_at: '2026-03-02T09:00:00.412915Z',
  updated_at: '2026-03-02T09:00:00.412915Z',
}

/** A session, as Core stores it. */
export const SessionOut = z
  .looseObject({
    session_id: z.string(),
    external_session_key: z.string(),
    user_id: z.string(),
    workspace_id: z.string(),
    project_id: z.string().nullable(),
    status: openEnum('SessionStatus', SessionStatus),
    start_time: timeInResponse(),
    end_time: timeInResponse().nullable(),
    tags: z.array(z.string()),
    config_snapshot: objectInResponse().nullable(),
    created_at: timeInResponse(),
    updated_at: timeInResponse(),
  })
  .meta({ id: 'SessionOut', description: 'A session, as Core stores it.', examples: [session] })
export type SessionOut = z.output<typeof SessionOut>

/** The session, or `found: false` and `null`. */
export const MCPSessionResolveResponse = z.looseObject({ found: z.boolean(), session: SessionOut.nullable() }).meta({
  id: 'MCPSessionResolveResponse',
  description: 'The session, or `found: false` and `null`.',
  examples: [
    { found: true, session },
    { found: false, session: null },
  ],
})
export type MCPSessionResolveResponse = z.output<typeof MCPSessionResolveResponse>
