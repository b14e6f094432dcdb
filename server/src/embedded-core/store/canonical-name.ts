/** The name a project goes by: the last part of its VCS URL without `.git`, else of its folder. */
export function canonicalName(workspace: {
  workspace_id: string
  workspace_root: string
  vcs_remote_url?: string | undefined
}): string {
  const repository = lastPart(workspace.vcs_remote_url ?? '', '/:\\').replace(/\.git$/, '')
  return repository || lastPart(workspace.workspace_root, '/\\') || workspace.workspace_id
}

/** What stands between the last two separators, those at the end aside. */
function lastPart(text: string, separators: string): string {
  const isSeparator = (index: number) => separators.includes(text.charAt(index))
  let end = text.length
  while (end > 0 && isSeparator(end - 1)) end--
  let begin = end
  while (begin > 0 && !isSeparator(begin - 1)) begin--
  return text.slice(begin, end)
}
