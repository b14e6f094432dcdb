import { buildPackage } from '../../build/bundle.ts'

await buildPackage({
  workspace: 'embedded-core',
  entryPoints: { index: 'src/index.ts', serve: 'src/serve.ts', child: 'src/child.ts' },
  dependencies: ['@electric-sql/pglite'],
  manifest: {
    keywords: ['achilles', 'pglite', 'postgresql'],
    exports: { '.': './lib/index.js', './serve': './lib/serve.js' },
    files: ['lib', 'assets', 'drizzle', 'THIRD_PARTY_LICENSES'],
  },
  assets: { assets: 'assets', drizzle: 'drizzle' },
})
