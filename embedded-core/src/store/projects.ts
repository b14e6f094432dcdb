import type { MCPProjectResolve, ProjectResolveResponse } from '@achilles/mcp-contract'
import { eq } from 'drizzle-orm'
import type { z } from 'zod'
import type { Database } from '../database.ts'
import { NotFound } from '../not-found.ts'
import { projects } from '../schema.ts'
import { canonicalName } from './canonical-name.ts'
import { newId } from './new-id.ts'

const projectOut = { project_id: projects.project_id, canonical_name: projects.canonical_name }

/**
 * Finds the project of a workspace, or creates it with `create_if_missing`; only the call that creates it has `created: true`.
 * @throws NotFound if there is none and it must not be created.
 */
export async function resolveProject(
  db: Database,
  request: z.output<typeof MCPProjectResolve>,
): Promise<ProjectResolveResponse> {
  const { workspace_id, create_if_missing } = request
  const stored = await findProject(db, workspace_id)
  if (stored) return toResponse(stored, false)
  if (!create_if_missing) throw new NotFound(`workspace ${workspace_id} has no project`)
  const [inserted] = await db
    .insert(projects)
    .values({ project_id: newId('prj'), workspace_id, canonical_name: canonicalName(request), request })
    .onConflictDoNothing({ target: projects.workspace_id })
    .returning(projectOut)
  if (inserted) return toResponse(inserted, true)
  const insertedMeanwhile = await findProject(db, workspace_id)
  if (!insertedMeanwhile) throw new Error('a project is neither new nor stored')
  return toResponse(insertedMeanwhile, false)
}

async function findProject(db: Database, workspaceId: string) {
  const [project] = await db.select(projectOut).from(projects).where(eq(projects.workspace_id, workspaceId))
  return project
}

const toResponse = (project: { project_id: string; canonical_name: string }, created: boolean) => ({
  ...project,
  created,
  tags: [],
})
