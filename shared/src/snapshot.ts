import * as z from 'zod'
import { openEnum } from './open-enum.ts'
import { answeredTime, id, jsonObject, time } from './primitives.ts'

/** What a snapshot shows. */
export const SnapshotType = z
  .enum(['workspace_state', 'editor_state', 'agent_context', 'custom'])
  .meta({ id: 'SnapshotType', description: 'What a snapshot shows.', examples: ['workspace_state'] })
export type SnapshotType = z.infer<typeof SnapshotType>

/** Keeps a picture of a session's state. */
export const MCPSessionSnapshotRequest = z
  .strictObject({
    session_id: id().describe('The session that it belongs to.'),
    snapshot_type: SnapshotType,
    payload: jsonObject().describe('Free: the state itself.'),
    captured_at: time().optional().describe('When it was taken: RFC 3339, with `Z` or an offset.'),
  })
  .meta({
    id: 'MCPSessionSnapshotRequest',
    description: 'Keeps a picture of a session’s state. Send an `Idempotency-Key` to make it safe to repeat.',
    examples: [
      {
        session_id: 'ses_8c41',
        snapshot_type: 'workspace_state',
        payload: { open_files: ['src/cart.ts'], branch: 'main' },
        captured_at: '2026-03-02T12:00:00Z',
      },
    ],
  })
export type MCPSessionSnapshotRequest = z.input<typeof MCPSessionSnapshotRequest>

/** The snapshot that Core keeps. */
export const MCPSessionSnapshotResponse = z
  .looseObject({
    snapshot_id: z.string(),
    session_id: z.string(),
    snapshot_type: openEnum('SnapshotType', SnapshotType),
    created_at: answeredTime(),
  })
  .meta({
    id: 'MCPSessionSnapshotResponse',
    description: 'The snapshot that Core keeps.',
    examples: [
      {
        snapshot_id: 'snp_51aa',
        session_id: 'ses_8c41',
        snapshot_type: 'workspace_state',
        created_at: '2026-03-02T12:00:00.118Z',
      },
    ],
  })
export type MCPSessionSnapshotResponse = z.output<typeof MCPSessionSnapshotResponse>
