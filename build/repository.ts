import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isRelative, replaceLinks } from './markdown.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const { repository, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  repository: { type: string; url: string }
  version: string
}

/** The page of the repository that the relative links of packed documents lead to, without `/blob` or `/tree`. */
export const REPOSITORY_URL = repository.url.replace(/^git\+|\.git$/g, '')

/** The fields of a workspace's published manifest that follow from `repository` in the root package.json. */
export const getPublishFields = (workspace: string) => ({
  repository: { ...repository, directory: workspace },
  bugs: `${REPOSITORY_URL}/issues`,
  homepage: `${REPOSITORY_URL}/tree/main/${workspace}#readme`,
  publishConfig: { access: 'public', provenance: true },
})

/** The tag of the release to which the packages belong. */
export const TAG = `v${version}`

/**
 * A document of a workspace as it is packed: its relative links lead to the repository at this version's tag.
 * @throws Error if a relative link leads to no file
 */
export function toPackedDocument(workspace: string, file: string): string {
  return replaceLinks(readFileSync(join(ROOT, workspace, file), 'utf8'), (target) => {
    if (!isRelative(target) || target.startsWith('#')) return target
    const { pathname, hash } = new URL(target, `file:///${workspace}/${file}`)
    const kind = statSync(join(ROOT, pathname)).isDirectory() ? 'tree' : 'blob'
    return `${REPOSITORY_URL}/${kind}/${TAG}${pathname}${hash}`
  })
}
