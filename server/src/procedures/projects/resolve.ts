import { MCPProjectResolve, ProjectResolveResponse } from '@achilles/mcp-contract'
import { procedure } from '../procedure.ts'

export const resolve = procedure
  .meta({
    openapi: {
      method: 'POST',
      path: '/projects/resolve',
      tags: ['projects'],
      summary: 'Find the project of a workspace',
      description: 'Makes the project where `create_if_missing` is true; otherwise a workspace without one is a 404.',
    },
  })
  .input(MCPProjectResolve)
  .output(ProjectResolveResponse)
  .mutation(({ ctx, input }) => ctx.core.post('/projects/resolve', input))
