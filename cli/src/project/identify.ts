import { userInfo } from 'node:os'
import { basename } from 'node:path'
import type { Connection } from '../state/connections.ts'
import { findRepository } from './find-repository.ts'
import { git } from './git.ts'

/** Whose session it is, and of which project. */
export interface Identity {
  workspace_id: string
  workspace_root: string
  vcs_remote_url?: string
  user_id: string
}

/**
 * The project of a folder and its user. The workspace is, in this order, what the connection names, the repository's
 * `owner/name` by the remote `origin`, the name of the folder. The user is what the connection names, what the agent
 * reports, git's `user.email`, the user of the operating system.
 */
export async function identify(folder: string, connection: Connection, reportedUser?: string): Promise<Identity> {
  const repository = findRepository(folder)
  const root = repository?.root ?? folder
  const [remote, email] = await Promise.all([
    repository && git(root, 'config', '--get', 'remote.origin.url'),
    connection.user || reportedUser ? undefined : git(root, 'config', '--get', 'user.email'),
  ])
  const url = remote ? withoutCredentials(remote) : undefined
  const workspace = connection.workspace || (url && toRepositoryName(url)) || basename(root) || 'root'
  return {
    workspace_id: toId(workspace),
    workspace_root: root,
    ...(url && { vcs_remote_url: url }),
    user_id: toId(connection.user || reportedUser || email || getUserName()),
  }
}

/** `owner/name` of `https://host/owner/name.git`, `git@host:owner/name` or a path. */
export function toRepositoryName(url: string): string | undefined {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*\//i, '').replace(/^[^/:]+:/, '')
  const names = path.split(/[\\/]/).filter((name) => name !== '')
  const name = names
    .slice(-2)
    .join('/')
    .replace(/\.git$/, '')
  return name === '' ? undefined : name
}

/** Remotes may contain a user name with a token. */
export const withoutCredentials = (url: string): string => url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1')

/** An id of the contract: 1 to 256 characters, none of them a control character. */
const toId = (text: string): string =>
  text
    .replace(/[\x00-\x1f\x7f-\x9f]/g, ' ')
    .trim()
    .slice(0, 256) || 'unknown'

function getUserName(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}
