import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findChromium, launchChromium } from '../../../client/tests/browser/browser.ts'
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
    page.on('console', (line) => ['error', 'warning'].includes(line.type()) && errors.push(line.text()))
  })
  afterEach(async () => {
    await context.close()
    expect(errors).toEqual([])
    expect(elsewhere).toEqual([])
  })

  test('/docs shows every operation and can call one', async () => {
    await page.goto(`${gateway.url}/docs`)
    expect(await page.title()).toBe('Achilles MCP Gateway: API reference')
    await page.getByRole('heading', { name: 'Achilles MCP Gateway' }).waitFor()
    await page.getByRole('button', { name: 'POST /handshake Negotiate' }).waitFor()

    await openOperation('projects', 'projects-resolve')
    const answered = page.waitForResponse((response) => response.request().method() === 'POST')
    await page.getByRole('button', { name: 'Execute' }).click()
    const answer = await answered
    expect([answer.url(), answer.status()]).toEqual([`${gateway.url}/api/achilles/v1/mcp/projects/resolve`, 200])
    expect(await answer.json()).toMatchObject({ created: true, canonical_name: 'checkout' })
  })

  test('a key entered at /docs is sent with every call, also in a later session', async () => {
    await page.goto(`${gateway.url}/docs`)
    await page.getByRole('button', { name: 'Authorize' }).click()
    await page.getByRole('textbox', { name: 'auth-bearer-value' }).fill('my-key')
    await page.getByRole('button', { name: 'Apply credentials' }).click()
    await page.goto('about:blank')
    await openOperation('handshake', 'handshake')
    const asked = page.waitForRequest((request) => request.method() === 'POST')
    await page.getByRole('button', { name: 'Execute' }).click()
    expect((await asked).headers().authorization).toBe('Bearer my-key')
  })

  async function openOperation(tag: string, id: string) {
    await page.goto('about:blank')
    await page.goto(`${gateway.url}/docs#/${tag}/${id}`)
    await page.getByRole('button', { name: 'Execute' }).waitFor()
  }
})
