/** The name a project goes by: the last part of its VCS URL without `.git`, else of its folder. */
export function canonicalName(workspace: {
  workspace_id: string
  workspace_root: string
  vcs_remote_url?: string | undefined
}): string {
  const repository = lastPart(workspace.vcs_remote_url ?? '', /[/:\\]/)?.replace(/\.git$/, '')
  return repository || lastPart(workspace.workspace_root, /[/\\]/) || workspace.workspace_id
}

const lastPart = (text: string, separator: RegExp) => text.split(separator).findLast((part) => part !== '')
