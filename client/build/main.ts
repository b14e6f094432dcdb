import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { generateDtsBundle } from 'dts-bundle-generator'
import { type BuildOptions, build } from 'esbuild'
import { toContractTypes } from './contract-types.ts'
import { manifest, paths, runtimeDependencies } from './package.ts'

/** A folder in this workspace, from where dependencies can be resolved. */
const dist = `${resolve(paths.client, process.argv[2] ?? 'dist')}/`
/** Temporary: the declarations before they are bundled. */
const declarations = `${dist}.declarations/`

const COMMON: BuildOptions = {
  absWorkingDir: paths.client,
  outdir: dist,
  bundle: true,
  target: 'es2022',
  // The maps contain the sources, which the package does not.
  sourcemap: true,
  logLevel: 'warning',
  external: Object.keys(runtimeDependencies),
}

const AS_MODULES: BuildOptions = { ...COMMON, format: 'esm' }
const AS_COMMONJS: BuildOptions = { ...COMMON, format: 'cjs', outExtension: { '.js': '.cjs' } }

// With this platform the build fails if a Node module is imported. Node runs the output too.
const ENTRIES = ['src/index.ts', 'src/router.ts']
const ANYWHERE: BuildOptions = { platform: 'browser', entryPoints: ENTRIES }
const NODE: BuildOptions = { platform: 'node', entryPoints: ['src/node.ts'] }

/** Separate entries, so that a bundle of only the client excludes the recorder and the schemas. */
const PARTS = ['src/client.ts', 'src/open-session.ts']

const TSC = fileURLToPath(new URL('./bin/tsc', import.meta.resolve('typescript-7/package.json')))

// `npm pack` and `npm publish` run in dist, so the complete package is built there.
rmSync(dist, { recursive: true, force: true })
mkdirSync(dist, { recursive: true })
await bundleScripts()
writeDeclarations()
writeFileSync(`${dist}package.json`, `${JSON.stringify(manifest, null, 2)}\n`)
for (const file of ['README.md', 'CHANGELOG.md']) copyFileSync(paths.client + file, dist + file)
copyFileSync(`${paths.root}LICENSE`, `${dist}LICENSE`)

const formatKB = (bytes: number) => `${(bytes / 1000).toFixed(1).padStart(7)} kB`
for (const file of readdirSync(dist).filter((name) => /\.(c?js|d\.c?ts)$/.test(name))) {
  const path = dist + file
  process.stdout.write(
    `${file.padEnd(24)}${formatKB(statSync(path).size)}${formatKB(gzipSync(readFileSync(path)).length)} gzip\n`,
  )
}

async function bundleScripts(): Promise<void> {
  await Promise.all([
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
