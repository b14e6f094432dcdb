import { afterAll, beforeAll } from 'vitest'
import { type ScriptedCore, startScriptedCore } from './scripted-core.ts'
import { startTestGateway, type TestGateway } from './test-gateway.ts'

export let core: ScriptedCore
export let gateway: TestGateway

/** One gateway in front of one scripted Core for all tests of a file. */
export function useScriptedGateway(settings?: Parameters<typeof startTestGateway>[1]): void {
  beforeAll(async () => {
    core = await startScriptedCore()
    gateway = await startTestGateway(core, settings)
  })
  afterAll(async () => {
    await gateway.close()
    await core.close()
  })
}
