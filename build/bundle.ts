import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Metafile } from 'esbuild'
import { type Manifest, readManifest } from './manifest.ts'
import { getPublishFields, toPackedDocument } from './repository.ts'
import { toSbom } from './sbom.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

export interface PackageBuild {
  /** The workspace's folder in the repository. */
  workspace: string
  /** Modules that become files of their own in `lib`, by their names there: paths from the workspace. */
  entryPoints: Readonly<Record<string, string>>
  /** Like `entryPoints`, but each becomes one CommonJS file (`.cjs`), which Node starts faster. */
  commonJsEntryPoints?: Readonly<Record<string, string>>
  /** Dependencies of the workspace, or of a workspace that it bundles, that are installed and not bundled. */
  dependencies: readonly string[]
  /** Fields of the published package.json beside those of every package. */
  manifest: object
  /** What to copy into the package: from a path in the workspace, or a file of a dependency, to one in the package. */
  assets: Readonly<Record<string, string>>
}

/** CommonJS packages in the bundle call `require` for Node's own modules. */
const REQUIRE =
  "import { createRequire as createRequireHere } from 'node:module'; const require = createRequireHere(import.meta.url);"

/**
 * Writes a package for Node into a folder of its workspace, by default `dist`: bundled JavaScript, assets, manifest and
 * licenses.
 */
export async function buildPackage({
  workspace,
  entryPoints,
  commonJsEntryPoints = {},
  dependencies,
  manifest,
  assets,
}: PackageBuild) {
  const folder = join(ROOT, workspace)
  const dist = resolve(folder, process.argv[2] ?? 'dist')
  rmSync(dist, { recursive: true, force: true })
  const common = {
    absWorkingDir: folder,
    outdir: join(dist, 'lib'),
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    external: [...dependencies, 'pg-native'],
    // Identifiers stay as they are, so that stack traces in bug reports can be read.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  } satisfies BuildOptions
  const built = await Promise.all([
    build({ ...common, entryPoints: { ...entryPoints }, splitting: true, format: 'esm', banner: { js: REQUIRE } }),
    // What they import at run time are the other entry points.
    build({
      ...common,
      entryPoints: { ...commonJsEntryPoints },
      external: [...common.external, ...Object.keys(entryPoints).map((name) => `./${name}.js`)],
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
    }),
  ])
  const own = readManifest(folder)
  const { name, version, description, license, engines } = own
  const published = {
    ...{ name, version, description, license, ...getPublishFields(workspace), engines, type: 'module' },
    ...manifest,
    dependencies: findRanges(own, dependencies),
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
  for (const document of ['README.md', 'CHANGELOG.md']) {
    if (existsSync(join(folder, document))) writeFileSync(join(dist, document), toPackedDocument(workspace, document))
  }
  const inputs = built.flatMap(({ metafile }) => findInputs(metafile))
  const bundled = findPackages([...inputs.map((input) => join(folder, input)), ...sources])
  writeFileSync(join(dist, 'THIRD_PARTY_LICENSES'), collectLicenses(bundled))
  // Beside the manifest, whose `files` do not name it: it is published next to the tarball.
  writeFileSync(join(dist, SBOM_FILE), toSbom({ manifest: published, folder, bundled }))
}

/** In the built package, but not in its tarball. */
export const SBOM_FILE = 'sbom.json'

/** The version ranges of dependencies, from the manifests of a workspace and of those that it depends on. */
function findRanges(own: Manifest, dependencies: readonly string[]): Record<string, string> {
  const bundled = Object.keys(own.dependencies).filter((name) => name.startsWith('@achilles/'))
  const manifests = [own, ...bundled.map((name) => readManifest(join(ROOT, 'node_modules', name)))]
  const ranges = Object.assign({}, ...manifests.map((manifest) => manifest.dependencies)) as Record<string, string>
  return Object.fromEntries(
    dependencies.map((name) => {
      const range = ranges[name]
      if (range === undefined) throw new Error(`${own.name} does not depend on ${name}`)
      return [name, range]
    }),
  )
}

const resolveAsset = (folder: string, path: string): string =>
  existsSync(join(folder, path)) ? join(folder, path) : createRequire(join(folder, 'package.json')).resolve(path)

/** The modules of which something is left in the output. */
export const findInputs = ({ outputs }: Metafile): string[] =>
  Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? path : [])),
  )

/** The folders of the installed packages that these files are from, in alphabetical order. */
export function findPackages(files: readonly string[]): string[] {
  const packages = files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? [])
  return [...new Set(packages)].sort()
}

function collectLicenses(packages: readonly string[]): string {
  const sections = packages.map((path) => {
    const { name, version, license } = readManifest(path)
    const texts = readdirSync(path)
      .filter((entry) => /^(licen[cs]e|notice)/i.test(entry))
      .map((entry) => `${readFileSync(join(path, entry), 'utf8').trim()}\n`)
    return [`${name} ${version} (${license})\n`, ...texts].join('\n')
  })
  return sections.join(`\n${'-'.repeat(80)}\n\n`)
}
