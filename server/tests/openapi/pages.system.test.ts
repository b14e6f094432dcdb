import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findChromium, launchChromium } from '../../../client/tests/browser/chromium.ts'
import { type EmbeddedCore, startEmbeddedCore } from '../../../embedded-core/src/embedded-core.ts'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const hasChromium = findChromium() !== undefined
if (!hasChromium) process.stdout.write('no Chromium here (CHROMIUM_PATH may name one): the pages are not looked at\n')

describe.skipIf(!hasChromium)('in Chromium, with access only to the gateway', () => {
  let dataDir: string
  let core: EmbeddedCore
  let gateway: TestGateway
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let errors: string[]
  let elsewhere: string[]

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'achilles-'))
    await seedDataDir(dataDir)
    core = await startEmbeddedCore({ dataDir, log: () => {}, execArgv: ['--import', 'tsx'] })
    gateway = await startTestGateway(core)
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
    await core?.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  beforeEach(async () => {
    errors = []
    elsewhere = []
    context = await browser.newContext()
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: gateway.url })
    await context.route('**', (route) => {
      const { origin } = new URL(route.request().url())
      if (origin === gateway.url) return route.continue()
      elsewhere.push(route.request().url())
      return route.abort()
    })
    page = await context.newPage()
    page.on('pageerror', ({ message }) => errors.push(message))
    page.on('console', (line) => line.type() === 'error' && errors.push(line.text()))
  })
  afterEach(async () => {
    await context.close()
    expect(errors).toEqual([])
    expect(elsewhere).toEqual([])
  })

  test('/docs shows every operation and can call one', async () => {
    await page.goto(`${gateway.url}/docs`)
    expect(await page.title()).toBe('Achilles MCP Gateway: API reference')
    await page.getByRole('heading', { name: 'Achilles MCP Gateway', level: 1 }).waitFor()
    await page.getByRole('heading', { name: 'Negotiate' }).waitFor()

    await page.goto(`${gateway.url}/docs#tag/projects/POST/projects/resolve`)
    await page.getByRole('button', { name: 'Test Request (post /projects/resolve)' }).click()
    const answered = page.waitForResponse((response) => response.request().method() === 'POST')
    await page.getByRole('button', { name: /^Send post request/ }).click()
    const answer = await answered
    expect([answer.url(), answer.status()]).toEqual([`${gateway.url}/api/achilles/v1/mcp/projects/resolve`, 200])
    expect(await answer.json()).toMatchObject({ created: true, canonical_name: 'checkout' })
  })

  test('a key entered at /docs is sent with every call, also in a later session', async () => {
    const operation = `${gateway.url}/docs#tag/handshake/POST/handshake`
    await page.goto(operation)
    await page.getByPlaceholder('Token').first().fill('my-key')
    await expect.poll(() => page.evaluate('JSON.stringify(localStorage)')).toContain('my-key')
    // Opened again, not reloaded: scrolling may have changed the URL to another operation.
    await page.goto('about:blank')
    await page.goto(operation)
    await page.getByRole('button', { name: 'Test Request (post /handshake)' }).click()
    const asked = page.waitForRequest((request) => request.method() === 'POST')
    await page.getByRole('button', { name: /^Send post request/ }).click()
    expect((await asked).headers().authorization).toBe('Bearer my-key')
  })
})
