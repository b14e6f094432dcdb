import { buildPackage } from '../../build/bundle.ts'

await buildPackage({
  workspace: 'server',
  entryPoints: ['src/main.ts'],
  dependencies: ['@achilles/embedded-core'],
  manifest: {
    keywords: ['achilles', 'mcp', 'mcp-server', 'trpc', 'openapi', 'gateway'],
    bin: { 'achilles-mcp-gateway': 'lib/main.js' },
    files: ['lib', 'THIRD_PARTY_LICENSES'],
  },
  assets: {
    'src/surfaces/pages/start.js': 'lib/start.js',
    'swagger-ui-dist/swagger-ui-bundle.js': 'lib/swagger-ui-bundle.js',
    'swagger-ui-dist/swagger-ui.css': 'lib/swagger-ui.css',
  },
})
