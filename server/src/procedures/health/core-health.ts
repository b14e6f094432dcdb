import { MCPHealthResponse } from '@achilles/mcp-contract'
import { boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const coreHealth = procedure
  .meta({
    core: {
      method: 'GET',
      path: '/mcp/health',
      description:
        'Returns Core’s health without delay and changes nothing. While the circuit is open, the gateway itself calls this every two seconds; a JSON response with a status below 500 closes the circuit.',
    },
    openapi: {
      method: 'GET',
      path: '/health/core',
      tags: ['health'],
      summary: 'Core’s health',
      description: 'The health that Core reports.',
    },
  })
  .output(boundedOutput(MCPHealthResponse))
  .query(({ ctx }) => ctx.core())
