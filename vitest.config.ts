import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{shared,server,client,bench,examples,deploy}/**/*.test.ts'],
    // Most tests wait for processes and timers, so that a machine of two cores has time for more than one file.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    // They end what hangs, and say nothing of speed: the tests also pass beside other programs that keep the machine busy.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
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
