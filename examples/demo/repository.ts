import { readFile } from 'node:fs/promises'
import { GitError, gitText } from './git.ts'

export interface Repository {
  folder: string
  head: string
  /** The same in every full clone. */
  workspaceId: string
  remoteUrl: string | undefined
  /** The commits at which a shallow clone ends: their changes are unknown. */
  boundary: ReadonlySet<string>
}

/** Undefined if there is no commit yet. @throws GitError if the folder is in no readable git repository. */
export async function openRepository(folder: string): Promise<Repository | undefined> {
  const shallowFile = await gitText(folder, 'rev-parse', '--path-format=absolute', '--git-path', 'shallow').catch(
    (error: Error) => {
      throw new GitError(`${folder} is not a git repository that can be read (${error.message})`)
    },
  )
  const head = await gitText(folder, 'rev-parse', '--verify', '--quiet', 'HEAD^{commit}').catch(() => undefined)
  if (head === undefined) return undefined
  // The root that first parents lead to: merging another history does not change it.
  const root = await gitText(folder, 'rev-list', '--first-parent', '--max-parents=0', head)
  const origin = await gitText(folder, 'config', '--get', 'remote.origin.url').catch(() => '')
  const boundary = await readFile(shallowFile, 'utf8').catch(() => '')
  return {
    folder,
    head,
    workspaceId: `git-${root}`,
    remoteUrl: origin === '' ? undefined : withoutCredentials(origin),
    boundary: new Set(boundary.split('\n')),
  }
}

function withoutCredentials(remote: string): string {
  if (!URL.canParse(remote)) return remote
  const url = new URL(remote)
  if (!url.username && !url.password) return remote
  if (/^https?:$/.test(url.protocol)) url.username = ''
  url.password = ''
  return url.href
}
