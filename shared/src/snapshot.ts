import * as z from 'zod'
import { id, jsonObject, openEnum, time, timeInResponse } from './primitives.ts'

/** The type of a snapshot. */
export const SnapshotType = z
  .enum(['workspace_state', 'editor_state', 'agent_context', 'custom'])
  .meta({ id: 'SnapshotType', description: 'The type of a snapshot.', examples: ['workspace_state'] })
export type SnapshotType = z.infer<typeof SnapshotType>

/** Stores a snapshot of a session's state. */
export const MCPSessionSnapshotRequest = z
  .strictObject({
    session_id: id().describe('The session of the snapshot.'),
    snapshot_type: SnapshotType,
    payload: jsonObject().describe('The state, any JSON object.'),
    captured_at: time().optional().describe('Time of the snapshot: RFC 3339, with `Z` or an offset.'),
  })
  .meta({
    id: 'MCPSessionSnapshotRequest',
    description: 'Stores a snapshot of a session’s state. Send an `Idempotency-Key` to make it safe to repeat.',
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

/** The stored snapshot. */
export const MCPSessionSnapshotResponse = z
  .looseObject({
    snapshot_id: z.string(),
    session_id: z.string(),
    snapshot_type: openEnum('SnapshotType', SnapshotType),
    created_at: timeInResponse(),
  })
  .meta({
    id: 'MCPSessionSnapshotResponse',
    description: 'The stored snapshot.',
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
