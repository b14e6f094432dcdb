import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const ALL = '{shared,embedded-core,server,client,sources,cli,examples,deploy,build,release}/**/*.test.ts'
const SYSTEM = '**/*.system.test.ts'
// `npm run test:interop` runs the tests of examples/interop, whose packages are not installed with the others.
const NOT_HERE = ['**/node_modules/**', 'examples/interop/**']

export default defineConfig({
  test: {
    // Limits that end what hangs. They are no measure of speed: the tests also pass while other programs keep the machine busy.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    // Most tests wait for processes and timers, so a machine of two cores has time for more than one file.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      // Functions and loopback sockets in one process.
      { extends: true, test: { name: 'unit', include: [ALL], exclude: [SYSTEM, ...NOT_HERE] } },
      // Processes, databases, browsers, proxies, packages, long runs.
      { extends: true, test: { name: 'system', include: [SYSTEM], exclude: ['bench/**', ...NOT_HERE] } },
      { extends: true, test: { name: 'bench', include: ['bench/**/*.test.ts'] } },
    ],
    coverage: {
      provider: 'v8',
      include: ['{embedded-core,server,shared,client,sources,cli}/src/**/*.ts'],
      exclude: [
        '**/*.test.ts',
        '**/testing/**',
        // Run in a browser or in a process of its own, where nothing is counted.
        'client/src/spool/indexed-db-spool/**',
        'server/src/commands/**',
        'embedded-core/src/child.ts',
        'cli/src/{achilles,main}.ts',
        'cli/src/sender/main.ts',
        'server/src/main.ts',
        'server/src/runtime/{modes,lifecycle}.ts',
        'server/src/telemetry/otlp-tracing.ts',
        'server/src/surfaces/mcp/stdio/{serve-stdio,stdio-transport}.ts',
      ],
      reporter: [['text', { skipFull: true }], 'text-summary'],
      thresholds: { lines: 90 },
    },
  },
})
