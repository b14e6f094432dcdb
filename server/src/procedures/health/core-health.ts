import { MCPHealthResponse } from '@achilles/mcp-contract'
import { procedure } from '../procedure.ts'

export const coreHealth = procedure
  .meta({
    openapi: {
      method: 'GET',
      path: '/health/core',
      tags: ['health'],
      summary: 'Core’s health',
      description: 'What Core says of itself.',
    },
  })
  .output(MCPHealthResponse)
  .query(({ ctx }) => ctx.core.get('/mcp/health'))
