import { buildPackage } from '../../build/bundle.ts'

await buildPackage({
  workspace: 'server',
  // The embedded Core and the process that it starts: the gateway is one package, which installs from one tarball.
  entryPoints: { main: 'src/main.ts', child: '../embedded-core/src/child.ts' },
  dependencies: ['@electric-sql/pglite'],
  manifest: {
    keywords: ['achilles', 'mcp', 'mcp-server', 'trpc', 'openapi', 'gateway'],
    bin: { 'achilles-mcp-gateway': 'lib/main.js' },
    files: ['lib', 'assets', 'drizzle', 'THIRD_PARTY_LICENSES'],
  },
  assets: {
    '../embedded-core/assets': 'assets',
    '../embedded-core/drizzle': 'drizzle',
    'src/surfaces/pages/start.js': 'lib/start.js',
    'swagger-ui-dist/swagger-ui-bundle.js': 'lib/swagger-ui-bundle.js',
    'swagger-ui-dist/swagger-ui.css': 'lib/swagger-ui.css',
  },
})
