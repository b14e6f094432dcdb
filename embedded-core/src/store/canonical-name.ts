/** The last part of the VCS URL without `.git`, else of the folder, else the workspace id. */
export function canonicalName(workspace: {
  workspace_id: string
  workspace_root: string
  vcs_remote_url?: string | undefined
}): string {
  const repository = lastPart(workspace.vcs_remote_url ?? '', '/:\\').replace(/\.git$/, '')
  return repository || lastPart(workspace.workspace_root, '/\\') || workspace.workspace_id
}

/** The text after the last separator; separators at the end are ignored. */
function lastPart(text: string, separators: string): string {
  const isSeparator = (index: number) => separators.includes(text.charAt(index))
  let end = text.length
  while (end > 0 && isSeparator(end - 1)) end--
  let begin = end
  while (begin > 0 && !isSeparator(begin - 1)) begin--
  return text.slice(begin, end)
}
