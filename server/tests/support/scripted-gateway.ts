import { test as base } from 'vitest'
import { startScriptedCore } from './scripted-core.ts'
import { startTestGateway } from './test-gateway.ts'

type Settings = NonNullable<Parameters<typeof startTestGateway>[1]>

/** Adds `core`: one scripted Core for all tests of a file. */
// biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures wanted from the pattern.
export const testWithCore = base.extend('core', { scope: 'file' }, async ({}, { onCleanup }) => {
  const core = await startScriptedCore()
  onCleanup(() => core.close())
  return core
})

/**
 * Adds `core` and `gateway`: one gateway in front of one scripted Core for all tests of a file, started by the first
 * test that uses it and closed before Core. A file changes its settings by `test.override('settings', { … })`.
 */
export const test = testWithCore
  .extend('settings', { scope: 'file' }, {} as Settings)
  .extend('gateway', { scope: 'file' }, async ({ core, settings }, { onCleanup }) => {
    const gateway = await startTestGateway(core, settings)
    onCleanup(async () => {
      await gateway.close()
    })
    return gateway
  })
