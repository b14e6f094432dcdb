import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { dateUnreleased } from './changelog.ts'

/** Where the version stands besides manifests and the lock file. A test finds a file that is missing here. */
const MENTIONS: Readonly<Record<string, (version: string) => string | string[]>> = {
  'README.md': (version) => [`/v${version}/`, `achilles-mcp-gateway-${version}.tgz`],
  'client/README.md': (version) => [`/v${version}/`, `achilles-mcp-client-${version}.tgz`],
  'cli/README.md': (version) => [`/v${version}/`, `achilles-cli-${version}.tgz`],
  Dockerfile: (version) => `image.version="${version}"`,
  'compose.yaml': (version) => `achilles-mcp-gateway:${version}`,
  'deploy/kubernetes/kustomization.yaml': (version) => `newTag: ${version}`,
  'docs/openapi.json': (version) => `"version": "${version}"`,
  'docs/core-openapi.json': (version) => `"version": "${version}"`,
  'docs/agents.md': (version) => `"server_version":"${version}"`,
  'docs/authentication.md': (version) => `"server_version":"${version}"`,
  'docs/getting-started.md': (version) => `"server_version":"${version}"`,
}

interface Manifest {
  name: string
  version: string
  workspaces?: string[]
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

interface Lockfile {
  version: string
  packages: Record<string, Manifest>
}

const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim()
const readText = (path: string) => readFileSync(path, 'utf8')
const readManifest = (path: string): Manifest => JSON.parse(readText(`${path}/package.json`))
const toJson = (content: unknown) => `${JSON.stringify(content, null, 2)}\n`

function getNextVersion(version: string, level: string | undefined): string {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  if (level === 'major') return `${major + 1}.0.0`
  if (level === 'minor') return `${major}.${minor + 1}.0`
  if (level === 'patch') return `${major}.${minor}.${patch + 1}`
  throw new Error('Usage: npm run release -- major|minor|patch')
}

/** Throws unless the working tree is a clean `main` without this tag. */
function checkRepository(tag: string): void {
  if (git('branch', '--show-current') !== 'main') throw new Error('Releases are made on the branch main')
  if (git('status', '--porcelain') !== '') throw new Error('The working tree has uncommitted changes')
  if (git('tag', '--list', tag) !== '') throw new Error(`The tag ${tag} exists already`)
}

/** The manifests and the lock file at a version: of each workspace, and where one requires another. */
function setVersions(version: string): Record<string, string> {
  const root = readManifest('.')
  const folders = root.workspaces ?? []
  const names = new Set(folders.map((folder) => readManifest(folder).name))
  const setVersion = (manifest: Manifest) => {
    manifest.version = version
    for (const dependencies of [manifest.dependencies, manifest.devDependencies])
      for (const name of Object.keys(dependencies ?? {}))
        if (dependencies && names.has(name)) dependencies[name] = version
    return manifest
  }
  const lockfile: Lockfile = JSON.parse(readText('package-lock.json'))
  lockfile.version = version
  for (const folder of ['', ...folders]) setVersion(lockfile.packages[folder] ?? readManifest(folder))
  return Object.fromEntries([
    ['package.json', toJson(setVersion(root))],
    ['package-lock.json', toJson(lockfile)],
    ...folders.map((folder) => [`${folder}/package.json`, toJson(setVersion(readManifest(folder)))]),
  ])
}

/** The files that mention the version. */
function replaceMentions(previous: string, version: string): Record<string, string> {
  const replaced = Object.entries(MENTIONS).map(([path, mention]) => {
    let text = readText(path)
    const replacements = [mention(version)].flat()
    for (const [index, old] of [mention(previous)].flat().entries()) {
      if (!text.includes(old)) throw new Error(`${path} does not contain ${old}`)
      text = text.replaceAll(old, replacements[index] ?? '')
    }
    return [path, text]
  })
  return Object.fromEntries(replaced)
}

/** Sets the next version of all packages, dates the changelogs, commits and tags. Changes nothing if it throws. */
function release(level: string | undefined, date: string): string {
  const previous = readManifest('.').version
  const version = getNextVersion(previous, level)
  const tag = `v${version}`
  checkRepository(tag)
  const files = {
    ...setVersions(version),
    ...replaceMentions(previous, version),
    'CHANGELOG.md': dateUnreleased(readText('CHANGELOG.md'), version, date),
    'client/CHANGELOG.md': dateUnreleased(readText('client/CHANGELOG.md'), version, date, 'No changes.'),
    'cli/CHANGELOG.md': dateUnreleased(readText('cli/CHANGELOG.md'), version, date, 'No changes.'),
  }
  for (const [path, content] of Object.entries(files)) writeFileSync(path, content)
  git('commit', '--quiet', '--all', `--message=build: release ${version}`)
  git('tag', '--annotate', `--message=${tag}`, tag)
  return tag
}

try {
  process.chdir(fileURLToPath(new URL('..', import.meta.url)))
  const tag = release(process.argv[2], new Date().toISOString().slice(0, 10))
  process.stdout.write(`Tagged ${tag}. To publish it: git push --atomic origin main ${tag}\n`)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
