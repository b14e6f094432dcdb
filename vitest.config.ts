import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{shared,server,client,bench,examples,deploy}/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    coverage: {
      provider: 'v8',
      include: ['{server,shared,client}/src/**/*.ts'],
      exclude: [
        '**/*.test.ts',
        '**/testing/**',
        // Run by the tests in a browser, or in processes of their own, where nothing is counted.
        'client/src/spool/indexed-db*/**',
        'client/src/spool/indexed-db*.ts',
        'server/src/commands/**',
        'server/src/embedded-core/child.ts',
        'server/src/main.ts',
        'server/src/process/**',
        'server/src/telemetry/otlp-tracing.ts',
        'server/src/{stdio-gateway,surfaces/mcp/stdio/{serve-stdio,stdio-transport}}.ts',
      ],
      reporter: [['text', { skipFull: true }], 'text-summary'],
      thresholds: { lines: 90 },
    },
  },
})
