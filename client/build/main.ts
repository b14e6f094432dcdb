import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { generateDtsBundle } from 'dts-bundle-generator'
import { type BuildOptions, type BuildResult, build } from 'esbuild'
import { findInputs, findPackages, SBOM_FILE } from '../../build/bundle.ts'
import { toPackedDocument } from '../../build/repository.ts'
import { toSbom } from '../../build/sbom.ts'
import { toContractTypes } from './contract-types.ts'
import { manifest, paths, runtimeDependencies } from './package.ts'

/** A folder in this workspace, from where dependencies can be resolved. */
const dist = `${resolve(paths.client, process.argv[2] ?? 'dist')}/`
/** Temporary: the declarations before they are bundled. */
const declarations = `${dist}.declarations/`

const COMMON = {
  absWorkingDir: paths.client,
  outdir: dist,
  bundle: true,
  target: 'es2022',
  // The maps contain the sources, which the package does not.
  sourcemap: true,
  metafile: true,
  logLevel: 'warning',
  external: Object.keys(runtimeDependencies),
} satisfies BuildOptions

const AS_MODULES = { ...COMMON, format: 'esm' } satisfies BuildOptions
const AS_COMMONJS = { ...COMMON, format: 'cjs', outExtension: { '.js': '.cjs' } } satisfies BuildOptions

// With this platform the build fails if a Node module is imported. Node runs the output too.
const ENTRIES = ['src/index.ts', 'src/router.ts']
const ANYWHERE = { platform: 'browser', entryPoints: ENTRIES } satisfies BuildOptions
const NODE = { platform: 'node', entryPoints: ['src/node.ts'] } satisfies BuildOptions

/** Separate entries, so that a bundle of only the client excludes the recorder and the schemas. */
const PARTS = ['src/client.ts', 'src/open-session.ts']

const TSC = fileURLToPath(new URL('./bin/tsc', import.meta.resolve('typescript-7/package.json')))

// `npm pack` and `npm publish` run in dist, so the complete package is built there.
rmSync(dist, { recursive: true, force: true })
mkdirSync(dist, { recursive: true })
const built = await bundleScripts()
writeDeclarations()
writeFileSync(`${dist}package.json`, `${JSON.stringify(manifest, null, 2)}\n`)
for (const file of ['README.md', 'CHANGELOG.md']) writeFileSync(dist + file, toPackedDocument('client', file))
copyFileSync(`${paths.root}LICENSE`, `${dist}LICENSE`)
const inputs = built.flatMap(({ metafile }) => findInputs(metafile))
const bundled = findPackages(inputs.map((input) => resolve(paths.client, input)))
// The package has no list of third-party licenses, as it bundles nobody else's code.
if (bundled.length > 0) throw new Error(`bundled from other packages: ${bundled.join(', ')}`)
writeFileSync(dist + SBOM_FILE, toSbom({ manifest, folder: paths.client, bundled }))

const formatKB = (bytes: number) => `${(bytes / 1000).toFixed(1).padStart(7)} kB`
for (const file of readdirSync(dist).filter((name) => /\.(c?js|d\.c?ts)$/.test(name))) {
  const path = dist + file
  process.stdout.write(
    `${file.padEnd(24)}${formatKB(statSync(path).size)}${formatKB(gzipSync(readFileSync(path)).length)} gzip\n`,
  )
}

async function bundleScripts(): Promise<BuildResult<typeof COMMON>[]> {
  return Promise.all([
    build({ ...AS_MODULES, ...ANYWHERE, entryPoints: [...ENTRIES, ...PARTS], splitting: true }),
    build({ ...AS_COMMONJS, ...ANYWHERE }),
    build({ ...AS_MODULES, ...NODE }),
    build({ ...AS_COMMONJS, ...NODE }),
  ])
}

/** ES modules and CommonJS get separate copies, so that their imports resolve as those of the JavaScript do. */
function writeDeclarations(): void {
  execFileSync(process.execPath, [TSC, '-p', 'tsconfig.build.json', '--outDir', declarations], {
    cwd: paths.client,
    stdio: 'inherit',
  })
  writeFileSync(`${declarations}contract.d.ts`, toContractTypes())
  const entries = ['index', 'node', 'router']
  const files = entries.map((entry) => `${declarations}client/src/${entry}.d.ts`)
  const config = `${declarations}tsconfig.json`
  const contract = { '@achilles/mcp-contract': [`${declarations}contract.d.ts`] }
  const compilerOptions = { types: [], lib: ['ES2023', 'DOM'], paths: contract }
  writeFileSync(
    config,
    JSON.stringify({ extends: `${paths.root}tsconfig.json`, compilerOptions, include: [], exclude: [], files }),
  )
  const bundles = generateDtsBundle(
    files.map((filePath) => ({ filePath, output: { noBanner: true, exportReferencedTypes: false } })),
    { preferredConfigPath: config },
  )
  for (const [index, entry] of entries.entries()) {
    writeFileSync(`${dist}${entry}.d.ts`, bundles[index] ?? '')
    copyFileSync(`${dist}${entry}.d.ts`, `${dist}${entry}.d.cts`)
  }
  rmSync(declarations, { recursive: true })
}
