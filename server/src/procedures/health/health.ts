import { MCPHealthResponse } from '@achilles/mcp-contract'
import { boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const health = procedure
  .meta({
    openapi: {
      method: 'GET',
      path: '/health',
      tags: ['health'],
      protect: false,
      summary: 'The gateway’s own health',
      description: 'Answered by the gateway alone, without a call to Core.',
    },
    tool: {
      description:
        'Call it when other tools fail, to learn whether the gateway is well: `ok`, `degraded` while Core behind it fails (wait and try again), `draining` while it stops. It is answered without Core and says nothing of a session.',
    },
  })
  .output(boundedOutput(MCPHealthResponse))
  .query(({ ctx }) => ctx.services.health.read())
