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
 * Finds the project of a workspace, or makes it where asked to; `created` is true for the one call that made it.
 * @throws NotFound when there is none and none is to be made.
 */
export async function resolveProject(
  db: Database,
  request: z.output<typeof MCPProjectResolve>,
): Promise<ProjectResolveResponse> {
  const { workspace_id, create_if_missing } = request
  const stored = await findProject(db, workspace_id)
  if (stored) return answer(stored, false)
  if (!create_if_missing) throw new NotFound(`workspace ${workspace_id} has no project`)
  const [made] = await db
    .insert(projects)
    .values({ project_id: newId('prj'), workspace_id, canonical_name: canonicalName(request), request })
    .onConflictDoNothing({ target: projects.workspace_id })
    .returning(projectOut)
  if (made) return answer(made, true)
  const madeMeanwhile = await findProject(db, workspace_id)
  if (!madeMeanwhile) throw new Error('a project is neither new nor stored')
  return answer(madeMeanwhile, false)
}

async function findProject(db: Database, workspaceId: string) {
  const [project] = await db.select(projectOut).from(projects).where(eq(projects.workspace_id, workspaceId))
  return project
}

const answer = (project: { project_id: string; canonical_name: string }, created: boolean) => ({
  ...project,
  created,
  tags: [],
})
