import { readFileSync } from 'node:fs'
import { paths } from './paths.ts'

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

const entry = (file: string) => ({
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
  exports: { '.': entry('index'), './node': entry('node'), './package.json': './package.json' },
  // For resolvers that know no exports; they find `/node` as the file node.js.
  main: './index.cjs',
  types: './index.d.cts',
  files: ['*.js', '*.cjs', '*.map', '*.d.ts', '*.d.cts', 'CHANGELOG.md'],
  dependencies: runtimeDependencies,
  // What @trpc/client itself asks for; npm and pnpm install it unasked.
  peerDependencies,
}
