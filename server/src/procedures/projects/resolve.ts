import { MCPProjectResolve, ProjectResolveResponse } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const resolve = procedure
  .meta({
    core: {
      method: 'POST',
      path: '/projects/resolve',
      description:
        'A workspace has one project. Where it has none, `create_if_missing` decides: true makes one, and `created` is true for the one call that did; false is a 404, and makes nothing.',
    },
    openapi: {
      method: 'POST',
      path: '/projects/resolve',
      tags: ['projects'],
      summary: 'Find the project of a workspace',
      description: 'Makes the project where `create_if_missing` is true; otherwise a workspace without one is a 404.',
      errorResponses: { 404: 'The workspace has no project, and `create_if_missing` is not true.' },
    },
    tool: {
      description:
        'Call it after `handshake` to learn the `project_id` of your workspace. With `create_if_missing: true` the project is made where there is none; otherwise that is a NOT_FOUND problem. Next: `sessions_create` with the `project_id`.',
      repeatable: true,
    },
  })
  .input(boundedInput(MCPProjectResolve))
  .output(boundedOutput(ProjectResolveResponse))
  .mutation(({ ctx, input }) => ctx.core(input))
