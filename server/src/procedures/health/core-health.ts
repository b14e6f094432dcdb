import { MCPHealthResponse } from '@achilles/mcp-contract'
import { boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const coreHealth = procedure
  .meta({
    core: {
      method: 'GET',
      path: '/mcp/health',
      description:
        'Answers at once and changes nothing. While most calls fail the gateway asks for it every two seconds, on its own behalf, and calls again once the answer is below 500.',
    },
    openapi: {
      method: 'GET',
      path: '/health/core',
      tags: ['health'],
      summary: 'Core’s health',
      description: 'What Core says of itself.',
    },
  })
  .output(boundedOutput(MCPHealthResponse))
  .query(({ ctx }) => ctx.core())
