import { readFileSync } from 'node:fs'
import { getNotes } from './changelog.ts'

const readText = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

export interface Release {
  version: string
  /** The section of CHANGELOG.md. */
  notes: string
}

/**
 * Returns what this checkout releases.
 * @param env `GITHUB_REF_NAME` and `GITHUB_REPOSITORY` are compared with the sources, where they are set
 */
export function checkRelease(env: NodeJS.ProcessEnv): Release {
  const { version, repository } = JSON.parse(readText('package.json')) as Manifest
  const { GITHUB_REF_NAME = `v${version}`, GITHUB_REPOSITORY } = env
  if (GITHUB_REF_NAME !== `v${version}`)
    throw new Error(`The tag is ${GITHUB_REF_NAME}, but package.json has the version ${version}`)
  const url = `git+https://github.com/${GITHUB_REPOSITORY}.git`
  // npm compares the two for a provenance statement.
  if (GITHUB_REPOSITORY !== undefined && repository.url !== url)
    throw new Error(`"repository" in package.json is ${repository.url}, but this is ${url}: correct package.json`)
  const notes = getNotes(readText('CHANGELOG.md'), version)
  if (!notes) throw new Error(`CHANGELOG.md has no section for ${version}`)
  return { version, notes }
}

interface Manifest {
  version: string
  repository: { url: string }
}
