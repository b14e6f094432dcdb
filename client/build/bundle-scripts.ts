import { type BuildOptions, build } from 'esbuild'
import { runtimeDependencies } from './manifest.ts'
import { paths } from './paths.ts'

const COMMON: BuildOptions = {
  absWorkingDir: paths.client,
  outdir: paths.dist,
  bundle: true,
  target: 'es2022',
  // The sources are not in the package, so the maps carry them.
  sourcemap: true,
  logLevel: 'warning',
  external: Object.keys(runtimeDependencies),
}

const AS_MODULES: BuildOptions = { ...COMMON, format: 'esm' }
const AS_COMMONJS: BuildOptions = { ...COMMON, format: 'cjs', outExtension: { '.js': '.cjs' } }

// For a browser, so that a Node module in it fails the build; Node runs it as well.
const ANYWHERE: BuildOptions = { platform: 'browser', entryPoints: ['src/index.ts'] }
const NODE: BuildOptions = { platform: 'node', entryPoints: ['src/node.ts'] }

/** In files of their own: who imports only the client gets no recorder, and no schemas, into a bundle. */
const PARTS = ['src/client.ts', 'src/open-session.ts']

/** Writes the JavaScript of both entries, as ES modules and as CommonJS. */
export async function bundleScripts(): Promise<void> {
  await Promise.all([
    build({ ...AS_MODULES, ...ANYWHERE, entryPoints: ['src/index.ts', ...PARTS], splitting: true }),
    build({ ...AS_COMMONJS, ...ANYWHERE }),
    build({ ...AS_MODULES, ...NODE }),
    build({ ...AS_COMMONJS, ...NODE }),
  ])
}
