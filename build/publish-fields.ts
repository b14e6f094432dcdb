import { readFileSync } from 'node:fs'

/** The fields of each published package.json that follow from `repository` in the root package.json. */
export function getPublishFields(workspace: string) {
  const { repository } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    repository: { type: string; url: string }
  }
  const page = repository.url.replace(/^git\+|\.git$/g, '')
  return {
    repository: { ...repository, directory: workspace },
    bugs: `${page}/issues`,
    homepage: `${page}/tree/main/${workspace}#readme`,
    publishConfig: { access: 'public', provenance: true },
  }
}
