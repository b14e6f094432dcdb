import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const toPath = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Where the build reads and writes. */
export const paths = {
  root: toPath('../../'),
  client: toPath('../'),
  dist: toPath('../dist/'),
  /** Declarations on their way to the rolled-up ones; gone when the build ends. */
  declarations: toPath('../dist/.declarations/'),
} as const

/** The part of a package.json that the build reads. */
interface Manifest {
  name: string
  version: string
  description: string
  license: string
  engines: Record<string, string>
  dependencies: Record<string, string>
  peerDependencies: Record<string, string>
}

const { name, version, description, license, engines, dependencies, peerDependencies }: Manifest = JSON.parse(
  readFileSync(`${paths.client}package.json`, 'utf8'),
)

/** What the package needs where it is installed; the contract is not published, it goes into the bundle. */
export const runtimeDependencies = Object.fromEntries(
  Object.entries(dependencies).filter(([dependency]) => !dependency.startsWith('@achilles/')),
)

const toExports = (file: string) => ({
  import: { types: `./${file}.d.ts`, default: `./${file}.js` },
  require: { types: `./${file}.d.cts`, default: `./${file}.cjs` },
})

/** The package.json of the package as it is published; the one in the workspace points at the sources. */
export const manifest = {
  name,
  version,
  description,
  keywords: ['achilles', 'mcp', 'telemetry', 'trpc'],
  license,
  engines,
  type: 'module',
  sideEffects: false,
  exports: { '.': toExports('index'), './node': toExports('node'), './package.json': './package.json' },
  // For resolvers that know no exports; they find `/node` as the file node.js.
  main: './index.cjs',
  types: './index.d.cts',
  files: ['*.js', '*.cjs', '*.map', '*.d.ts', '*.d.cts', 'CHANGELOG.md'],
  dependencies: runtimeDependencies,
  // What @trpc/client itself asks for; npm and pnpm install it unasked.
  peerDependencies,
}
