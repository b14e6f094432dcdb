import { MCPProjectResolve, ProjectResolveResponse } from '@achilles/mcp-contract'
import { boundedInput, boundedOutput } from '../bounded.ts'
import { procedure } from '../procedure.ts'

export const resolve = procedure
  .meta({
    core: {
      method: 'POST',
      path: '/projects/resolve',
      description:
        'Returns the project of a workspace; a workspace has one. If it has none: with `create_if_missing` true, creates it, and `created` is true for the call that did; with false, responds with 404 and creates nothing.',
    },
    openapi: {
      method: 'POST',
      path: '/projects/resolve',
      tags: ['projects'],
      summary: 'Find the project of a workspace',
      description: 'Creates the project if `create_if_missing` is true; otherwise a workspace without one is a 404.',
      errorResponses: { 404: 'The workspace has no project, and `create_if_missing` is not true.' },
    },
    tool: {
      description:
        'Call this after `handshake`. The response has the `project_id` of your workspace. Set `create_if_missing` to true to create a project; otherwise a missing one is a NOT_FOUND problem. Next: `sessions_create`.',
      repeatable: true,
      records: true,
      example: { workspace_id: 'ws-checkout', workspace_root: '/home/ada/checkout', create_if_missing: true },
    },
  })
  .input(boundedInput(MCPProjectResolve))
  .output(boundedOutput(ProjectResolveResponse))
  .mutation(({ ctx, input }) => ctx.core(input))
