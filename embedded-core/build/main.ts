import { buildPackage } from '../../build/bundle.ts'

await buildPackage({
  workspace: 'embedded-core',
  entryPoints: ['src/index.ts', 'src/serve.ts', 'src/child.ts'],
  dependencies: ['@electric-sql/pglite'],
  manifest: {
    exports: { '.': './lib/index.js', './serve': './lib/serve.js' },
    files: ['lib', 'assets', 'drizzle', 'THIRD_PARTY_LICENSES'],
  },
  assets: { assets: 'assets', drizzle: 'drizzle' },
})
