import type { MCPProjectResolve, ProjectResolveResponse } from '@achilles/mcp-contract'
import { eq } from 'drizzle-orm'
import type { z } from 'zod'
import type { Database } from '../database.ts'
import { NotFound } from '../read-request.ts'
import { newId, projects } from '../schema.ts'

const projectOut = { project_id: projects.project_id, canonical_name: projects.canonical_name }

/** Only the call that creates a project returns `created: true`. @throws NotFound if there is none to return. */
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

/** The last part of the VCS URL without `.git`, else of the folder, else the workspace id. */
export function canonicalName(workspace: {
  workspace_id: string
  workspace_root: string
  vcs_remote_url?: string | undefined
}): string {
  const repository = lastPart(workspace.vcs_remote_url ?? '', '/:\\').replace(/\.git$/, '')
  return repository || lastPart(workspace.workspace_root, '/\\') || workspace.workspace_id
}

function lastPart(text: string, separators: string): string {
  const isSeparator = (index: number) => separators.includes(text.charAt(index))
  let end = text.length
  while (end > 0 && isSeparator(end - 1)) end--
  let begin = end
  while (begin > 0 && !isSeparator(begin - 1)) begin--
  return text.slice(begin, end)
}
