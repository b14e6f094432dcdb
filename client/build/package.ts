import { fileURLToPath } from 'node:url'
import { readManifest } from '../../build/manifest.ts'
import { getPublishFields } from '../../build/repository.ts'

const toPath = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export const paths = {
  root: toPath('../../'),
  client: toPath('../'),
  dist: toPath('../dist/'),
} as const

const { name, version, description, license, engines, dependencies } = readManifest(paths.client)

/** Without the contract, which is bundled because it is not published. */
export const runtimeDependencies = Object.fromEntries(
  Object.entries(dependencies).filter(([dependency]) => !dependency.startsWith('@achilles/')),
)

const toExports = (file: string) => ({
  import: { types: `./${file}.d.ts`, default: `./${file}.js` },
  require: { types: `./${file}.d.cts`, default: `./${file}.cjs` },
})

/** The published package.json; the workspace's own points to the sources. */
export const manifest = {
  name,
  version,
  description,
  keywords: ['achilles', 'mcp', 'telemetry', 'trpc'],
  license,
  ...getPublishFields('client'),
  engines,
  type: 'module',
  sideEffects: false,
  exports: {
    '.': toExports('index'),
    './node': toExports('node'),
    './router': toExports('router'),
    './package.json': './package.json',
  },
  // For resolvers that ignore `exports`; they resolve `/node` to node.js.
  main: './index.cjs',
  types: './index.d.cts',
  files: ['*.js', '*.cjs', '*.map', '*.d.ts', '*.d.cts', 'CHANGELOG.md'],
  dependencies: runtimeDependencies,
}
