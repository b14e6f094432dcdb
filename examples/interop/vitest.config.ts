import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Limits that end what hangs; they do not measure speed.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
    // The clients log much.
    silent: 'passed-only',
    reporters: ['default', './table-reporter.ts'],
  },
})
