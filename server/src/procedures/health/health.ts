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
      description: 'Makes no call to Core.',
    },
    tool: {
      description:
        'Call this when other tools fail. `status` is `ok`, `degraded` while Core fails (wait, then retry), or `draining` while the gateway stops.',
    },
  })
  .output(boundedOutput(MCPHealthResponse))
  .query(({ ctx }) => ctx.services.health.read())
