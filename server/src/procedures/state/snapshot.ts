import { MCPSessionSnapshotRequest, MCPSessionSnapshotResponse } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const snapshot = procedure
  .meta({
    core: {
      method: 'POST',
      path: '/state/session',
      description:
        'Keeps a snapshot, once for each `idempotency-key` of a caller (`x-achilles-client`): a key that is known answers as the first call did and keeps nothing more, and is a 422 with another body. A body is the same where it is the same JSON, in whatever order its keys come.',
    },
    openapi: {
      method: 'POST',
      path: '/state/session',
      tags: ['state'],
      summary: 'Keep a snapshot of a session’s state',
      description: 'With an `Idempotency-Key` a repeated call answers as the first did and stores nothing twice.',
      errorResponses: { 404: 'No session has this id.' },
    },
    tool: {
      description:
        'Call it to keep a picture of your state, for instance open files, branch or plan, before a risky step or at the end. `payload` is any JSON object, at most 64 levels deep. Every call keeps another snapshot.',
    },
  })
  .input(boundedInput(MCPSessionSnapshotRequest))
  .output(boundedOutput(MCPSessionSnapshotResponse))
  .mutation(({ ctx, input }) => ctx.core(input))
