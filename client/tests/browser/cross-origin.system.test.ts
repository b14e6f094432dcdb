import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ScriptedCore, startScriptedCore } from '../../../server/tests/support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../../../server/tests/support/test-gateway.ts'
import { recordingCore } from '../recording-core.ts'
import { findChromium, launchChromium, type Site, serveScript } from './browser.ts'

const isThere = findChromium() !== undefined
if (!isThere) process.stdout.write('skipped: a page of an origin that is not listed (there is no Chromium)\n')

describe.skipIf(!isThere)('a page whose origin the gateway does not list', () => {
  let core: ScriptedCore
  let site: Site
  let browser: Browser

  beforeAll(async () => {
    core = await startScriptedCore()
    core.answer(recordingCore())
    site = await serveScript(new URL('./session-script.ts', import.meta.url))
    browser = await launchChromium()
  })

  afterAll(async () => {
    await browser?.close()
    await site?.close()
    await core?.close()
  })

  const failureWith = async (corsOrigins: string[]): Promise<string> => {
    const gateway: TestGateway = await startTestGateway(core, { auth: { corsOrigins } })
    const page = await browser.newPage()
    await page.goto(site.url)
    const failure = await page.evaluate(
      (url) =>
        globalThis.open(url).then(
          () => 'opened',
          (error: Error) => `${error.name}: ${error.message}`,
        ),
      gateway.url,
    )
    await page.close()
    await gateway.close()
    return failure
  }

  test.each([
    ['none', []],
    ['another', ['https://ide.example']],
  ])('but %s, learns of CORS_ORIGINS', async (_what, corsOrigins) => {
    const failure = await failureWith(corsOrigins)
    expect(failure).toMatch(/^GatewayError: /)
    expect(failure).toContain('CORS_ORIGINS')
    expect(failure).toContain(site.origin)
  })

  test('opens its session once it is listed', async () => {
    expect(await failureWith([site.origin])).toBe('opened')
  })
})
