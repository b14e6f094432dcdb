import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findChromium, launchChromium } from '../../client/tests/browser/chromium.ts'
import { type EmbeddedCore, startEmbeddedCore } from '../src/embedded-core/embedded-core.ts'
import { seedDataDir } from '../src/embedded-core/testing/seed-data-dir.ts'
import { startTestGateway, type TestGateway } from './test-gateway.ts'

const hasChromium = findChromium() !== undefined
if (!hasChromium) process.stdout.write('no Chromium here (CHROMIUM_PATH may name one): the pages are not looked at\n')

describe.skipIf(!hasChromium)('in Chromium, with nothing but the gateway to reach', () => {
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

  test('/docs shows every operation, and tries one against the gateway itself', async () => {
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

  test('a key entered at /docs goes with every call, also on another day', async () => {
    const operation = `${gateway.url}/docs#tag/handshake/POST/handshake`
    await page.goto(operation)
    await page.getByPlaceholder('Token').first().fill('my-key')
    await expect.poll(() => page.evaluate('JSON.stringify(localStorage)')).toContain('my-key')
    // Not reloaded: by now the page's address may be that of another operation, as it scrolls.
    await page.goto('about:blank')
    await page.goto(operation)
    await page.getByRole('button', { name: 'Test Request (post /handshake)' }).click()
    const asked = page.waitForRequest((request) => request.method() === 'POST')
    await page.getByRole('button', { name: /^Send post request/ }).click()
    expect((await asked).headers().authorization).toBe('Bearer my-key')
  })

  test('/ tells its health as it changes', async () => {
    await page.clock.install()
    await page.goto(gateway.url)
    await page.getByText('Ready: it takes calls.').waitFor()
    gateway.health.draining = true
    await page.clock.fastForward(5_000)
    await page.getByText('Stopping: nothing new is taken.').waitFor()
    gateway.health.draining = false
    await page.clock.fastForward(5_000)
    await page.getByText('Ready: it takes calls.').waitFor()
    // The browser’s own line for the probe’s 503.
    errors = errors.filter((line) => !line.includes('status of 503'))
  })

  test('/ has snippets with this gateway’s own address, to copy', async () => {
    await page.goto(gateway.url)
    const buttons = page.locator('button[data-copies]')
    expect(await buttons.count()).toBe(3)
    const copied: string[] = []
    for (const button of await buttons.all()) {
      await button.focus()
      await page.keyboard.press('Enter')
      await expect.poll(() => button.textContent()).toBe('Copied')
      copied.push(await page.evaluate('navigator.clipboard.readText()'))
    }
    const [curl, typescript, configuration] = copied
    const { stdout } = await promisify(execFile)('bash', ['-c', curl ?? ''])
    expect(JSON.parse(stdout)).toMatchObject({ preferred_batch_size: 200 })
    expect(typescript).toContain(`url: '${gateway.url}',`)
    expect(JSON.parse(configuration ?? '')).toEqual({
      mcpServers: { achilles: { type: 'http', url: `${gateway.url}/mcp` } },
    })
  })
})
