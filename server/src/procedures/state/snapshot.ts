import { MCPSessionSnapshotRequest, MCPSessionSnapshotResponse } from '@achilles/mcp-contract'
import { procedure } from '../procedure.ts'

export const snapshot = procedure
  .meta({
    openapi: {
      method: 'POST',
      path: '/state/session',
      tags: ['state'],
      summary: 'Keep a snapshot of a session’s state',
      description: 'With an `Idempotency-Key` a repeated call answers as the first did and stores nothing twice.',
    },
  })
  .input(MCPSessionSnapshotRequest)
  .output(MCPSessionSnapshotResponse)
  .mutation(({ ctx, input }) => ctx.core.post('/state/session', input))
