import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ScriptedCore, startScriptedCore } from '../../../server/tests/support/scripted-core.ts'
import { startTestGateway, type TestGateway } from '../../../server/tests/support/test-gateway.ts'
import { startIntermediary } from '../intermediary.ts'
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
    const failure = await failureAt(gateway.url)
    await gateway.close()
    return failure
  }

  /** Opens a session and records a large event. */
  const failureAt = async (gatewayUrl: string): Promise<string> => {
    const page = await browser.newPage()
    await page.goto(site.url)
    const failure = await page.evaluate(
      (url) =>
        globalThis.open(url).then(
          async () => {
            session.record({ event_type: 'file_edited', source_type: 'ide', payload: { text: 'x'.repeat(5_000) } })
            await session.flush()
            return session.ledger().accepted === 1 ? 'recorded' : 'lost'
          },
          (error: Error) => `${error.name}: ${error.message}`,
        ),
      gatewayUrl,
    )
    await page.close()
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

  test('records once it is listed', async () => {
    expect(await failureWith([site.origin])).toBe('recorded')
  })

  test('records without compression if the gateway is one that does not allow it', async () => {
    const gateway: TestGateway = await startTestGateway(core, { auth: { corsOrigins: [site.origin] } })
    const encodings: (string | undefined)[] = []
    const older = await startIntermediary(gateway.url, ({ headers }, response) => {
      encodings.push(headers['content-encoding'])
      const allowed = response.headers['access-control-allow-headers']
      if (allowed) response.headers['access-control-allow-headers'] = allowed.replace('content-encoding,', '')
    })
    expect(await failureAt(older.url)).toBe('recorded')
    expect(encodings).not.toContain('gzip')
    await older.close()
    await gateway.close()
  })
})
