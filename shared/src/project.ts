import * as z from 'zod'
import { id, record } from './primitives.ts'

/** Finds the project of a workspace; creates it if `create_if_missing` is true. */
export const MCPProjectResolve = z
  .strictObject({
    workspace_id: id(),
    workspace_root: z.string().describe('Absolute path of the workspace on the client’s machine.'),
    vcs_remote_url: z.string().optional().describe('URL of the repository.'),
    labels: record(z.string()).optional().describe('Any labels, by name.'),
    create_if_missing: z.boolean().default(false).describe('If false, a workspace without a project is a 404.'),
  })
  .meta({
    id: 'MCPProjectResolve',
    description: 'Finds the project of a workspace; creates it if `create_if_missing` is true.',
    examples: [
      {
        workspace_id: 'ws-checkout',
        workspace_root: '/home/ada/checkout',
        vcs_remote_url: 'https://git.example.com/shop/checkout.git',
        labels: { team: 'payments' },
        create_if_missing: true,
      },
    ],
  })
export type MCPProjectResolve = z.input<typeof MCPProjectResolve>

/** The project of a workspace. */
export const ProjectResolveResponse = z
  .looseObject({
    project_id: z.string(),
    created: z.boolean().describe('True if this call created the project.'),
    canonical_name: z.string().optional(),
    tags: z.array(z.string()).optional(),
  })
  .meta({
    id: 'ProjectResolveResponse',
    description: 'The project of a workspace.',
    examples: [{ project_id: 'prj_19d0', created: true, canonical_name: 'checkout', tags: [] }],
  })
export type ProjectResolveResponse = z.output<typeof ProjectResolveResponse>
