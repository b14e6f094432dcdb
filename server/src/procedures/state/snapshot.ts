import { MCPSessionSnapshotRequest, MCPSessionSnapshotResponse } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const snapshot = procedure
  .meta({
    core: {
      method: 'POST',
      path: '/state/session',
      description:
        'Stores a snapshot, once per `idempotency-key` and caller (`x-achilles-client`): a repeated key returns the first call’s response and stores nothing; with another body it is a 422. Two bodies are equal if they are the same JSON, in any key order.',
    },
    openapi: {
      method: 'POST',
      path: '/state/session',
      tags: ['state'],
      summary: 'Store a snapshot of a session’s state',
      description: 'With an `Idempotency-Key` a repeated call returns the first response and stores nothing twice.',
      errorResponses: { 404: 'No session has this id.' },
    },
    tool: {
      description:
        'Call this to store your state, for example your plan or the branch, before a risky step or at the end. Each call stores another snapshot.',
      records: true,
      example: { session_id: 'ses_8c41', snapshot_type: 'agent_context', payload: '{"plan":["fix the test"]}' },
    },
  })
  .input(boundedInput(MCPSessionSnapshotRequest))
  .output(boundedOutput(MCPSessionSnapshotResponse))
  .mutation(({ ctx, input }) => ctx.core(input))
