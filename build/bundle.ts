import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { getPublishFields } from './publish-fields.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

export interface PackageBuild {
  /** The workspace's folder in the repository. */
  workspace: string
  /** Modules that become files of their own in `lib`, by their paths in the workspace. */
  entryPoints: readonly string[]
  /** Dependencies that are installed, not bundled. */
  dependencies: readonly string[]
  /** Fields of the published package.json beside those of every package. */
  manifest: object
  /** What to copy into the package: from a path in the workspace, or a file of a dependency, to one in the package. */
  assets: Readonly<Record<string, string>>
}

export interface Manifest {
  name: string
  version: string
  description: string
  license: string
  engines: Record<string, string>
  dependencies: Record<string, string>
}

/** CommonJS packages in the bundle call `require` for Node's own modules. */
const REQUIRE =
  "import { createRequire as createRequireHere } from 'node:module'; const require = createRequireHere(import.meta.url);"

/**
 * Writes a package for Node into a folder of its workspace, by default `dist`: bundled JavaScript, assets, manifest and
 * licenses.
 */
export async function buildPackage({ workspace, entryPoints, dependencies, manifest, assets }: PackageBuild) {
  const folder = join(ROOT, workspace)
  const dist = resolve(folder, process.argv[2] ?? 'dist')
  rmSync(dist, { recursive: true, force: true })
  const { metafile } = await build({
    absWorkingDir: folder,
    entryPoints: [...entryPoints],
    outdir: join(dist, 'lib'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: [...dependencies, 'pg-native'],
    banner: { js: REQUIRE },
    // Identifiers stay as they are, so that stack traces in bug reports can be read.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  const own = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const { name, version, description, license, engines } = own
  const published = {
    ...{ name, version, description, license, ...getPublishFields(workspace), engines, type: 'module' },
    ...manifest,
    dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, own.dependencies[dependency]])),
  }
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
  const sources: string[] = []
  for (const [from, to] of Object.entries(assets)) {
    const source = resolveAsset(folder, from)
    sources.push(source)
    mkdirSync(join(dist, to, '..'), { recursive: true })
    cpSync(source, join(dist, to), { recursive: true })
  }
  copyFileSync(join(ROOT, 'LICENSE'), join(dist, 'LICENSE'))
  writeFileSync(
    join(dist, 'THIRD_PARTY_LICENSES'),
    collectLicenses([...Object.keys(metafile.inputs).map((input) => join(folder, input)), ...sources]),
  )
}

const resolveAsset = (folder: string, path: string): string =>
  existsSync(join(folder, path)) ? join(folder, path) : createRequire(join(folder, 'package.json')).resolve(path)

/** The licenses of the packages that these files are from. */
function collectLicenses(files: readonly string[]): string {
  const packages = new Set<string>()
  for (const file of files) {
    const [path] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []
    if (path) packages.add(path)
  }
  const sections = [...packages].sort().map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest
    const texts = readdirSync(path)
      .filter((entry) => /^(licen[cs]e|notice)/i.test(entry))
      .map((entry) => `${readFileSync(join(path, entry), 'utf8').trim()}\n`)
    return [`${name} ${version} (${license})\n`, ...texts].join('\n')
  })
  return sections.join(`\n${'-'.repeat(80)}\n\n`)
}
