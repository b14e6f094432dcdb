import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findChromium, launchChromium } from '../../../client/tests/browser/browser.ts'
import { type EmbeddedCore, startEmbeddedCore } from '../../../embedded-core/src/embedded-core.ts'
import { seedDataDir } from '../../../embedded-core/src/testing/seed-data-dir.ts'
import { openApiDocument, operationsOf } from '../support/openapi-document.ts'
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts'

const KEY = 'k'.repeat(32)
const OPERATION_COUNT = operationsOf(openApiDocument()).length

const hasChromium = findChromium() !== undefined
if (!hasChromium) process.stdout.write('no Chromium here (CHROMIUM_PATH may name one): the pages are not looked at\n')

/** Not localhost, so that browsers do not trust it without TLS. */
const PLAIN_HOST = 'gateway.example'

describe.skipIf(!hasChromium)('in Chromium, with access only to the gateway', () => {
  let folder: string
  let core: EmbeddedCore
  let open: TestGateway
  let guarded: TestGateway
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let lines: string[]
  let elsewhere: string[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'achilles-'))
    const dataDir = join(folder, 'data')
    await seedDataDir(dataDir)
    core = await startEmbeddedCore({ dataDir, log: () => {}, execArgv: ['--import', 'tsx'] })
    open = await startTestGateway(core)
    const apiKeysFile = join(folder, 'keys.json')
    const sha256 = createHash('sha256').update(KEY).digest('hex')
    await writeFile(apiKeysFile, JSON.stringify([{ name: 'a', sha256 }]))
    guarded = await startTestGateway(core, { auth: { apiKeysFile } })
    browser = await launchChromium(`--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`)
  })
  afterAll(async () => {
    await browser?.close()
    await guarded?.close()
    await open?.close()
    await core?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  beforeEach(async () => {
    lines = []
    elsewhere = []
    context = await browser.newContext()
    const origins = [open.url, guarded.url, atPlainHost(guarded.url)]
    for (const origin of origins)
      await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin }).catch(() => {})
    await context.route('**', (route) => {
      const { origin } = new URL(route.request().url())
      if (origins.includes(origin)) return route.continue()
      elsewhere.push(route.request().url())
      return route.abort()
    })
    page = await context.newPage()
    page.on('pageerror', ({ message }) => lines.push(message))
    page.on('console', (line) => lines.push(line.text()))
  })
  afterEach(async () => {
    await context.close()
    expect(lines).toEqual([])
    expect(elsewhere).toEqual([])
  })

  const atPlainHost = (url: string) => url.replace('127.0.0.1', PLAIN_HOST)

  async function openOperation({ url }: TestGateway, tag: string, id: string) {
    await page.goto('about:blank')
    await page.goto(`${url}/docs#/${tag}/${id}`)
    await page.getByRole('button', { name: 'Execute' }).waitFor()
  }

  /** Sends the operation that is open, with a changed body. */
  async function execute(change: (body: string) => string = (body) => body) {
    const field = page.locator('.body-param__text')
    await field.fill(change(await field.inputValue()))
    const responded = page.waitForResponse((response) => response.request().method() === 'POST')
    await page.getByRole('button', { name: 'Execute' }).click()
    const response = await responded
    return { request: response.request(), status: response.status(), value: (await response.json()) as unknown }
  }

  test('/docs shows every operation and can call one', async () => {
    await page.goto(`${open.url}/docs`)
    expect(await page.title()).toBe('Achilles MCP Gateway: API reference')
    await page.getByRole('heading', { name: 'Achilles MCP Gateway' }).waitFor()
    await page.getByRole('button', { name: 'POST /handshake Negotiate' }).waitFor()

    await openOperation(open, 'projects', 'projectsResolve')
    const { request, status, value } = await execute()
    expect([request.url(), status]).toEqual([`${open.url}/api/achilles/v1/mcp/projects/resolve`, 200])
    expect(value).toMatchObject({ created: true, canonical_name: 'checkout' })
  })

  test('an operation can be tried again with another body', async () => {
    await openOperation(open, 'sessions', 'sessionsCreate')
    const created = await execute()
    const { session_id } = created.value as { session_id: string }

    await openOperation(open, 'state', 'stateSnapshot')
    const first = await execute((body) => body.replace('ses_8c41', session_id))
    const second = await execute((body) => body.replace('src/cart.ts', 'src/order.ts'))
    expect([created.status, first.status, second.status]).toEqual([200, 200, 200])
    expect(second.request.postData()).toContain('src/order.ts')
    const filledIn = ['x-request-id', 'x-mcp-session-token', 'idempotency-key', 'prefer', 'traceparent', 'tracestate']
    const sent = Object.keys(second.request.headers())
    expect(sent.filter((name) => filledIn.includes(name))).toEqual([])
  })

  test('a gateway without credentials shows that it requires none', async () => {
    await page.goto(`${open.url}/docs`)
    await page.getByText('This gateway requires no credentials and serves only callers on its own machine.').waitFor()
    await page.getByRole('button', { name: 'POST /handshake Negotiate' }).waitFor()
    expect(await page.getByRole('button', { name: /authori[sz]/i }).count()).toBe(0)
  })

  test('a gateway with API keys asks for one, and sends it with every call, also in a later session', async () => {
    await page.goto(`${guarded.url}/docs`)
    await page.getByText('This gateway requires authorization: Bearer … with an API key.').waitFor()
    await page.getByRole('button', { name: 'Authorize' }).click()
    await page.locator('.auth-container').getByText('An API key.').waitFor()
    await page.getByRole('textbox', { name: 'auth-bearer-value' }).fill(KEY)
    await page.getByRole('button', { name: 'Apply credentials' }).click()
    await openOperation(guarded, 'handshake', 'handshake')
    const { request, status } = await execute()
    expect([status, request.headers().authorization]).toEqual([200, `Bearer ${KEY}`])
  })

  test('with everything opened, the page writes nothing to the console', async () => {
    await page.goto(`${guarded.url}/docs`)
    await page.getByRole('button', { name: 'POST /handshake Negotiate' }).waitFor()
    await openAll('.opblock-summary-control')
    await expect.poll(() => page.getByRole('button', { name: 'Execute' }).count()).toBe(OPERATION_COUNT)
    await openAll('.models-control')
    const event = page.locator('.models article', { hasText: /^MCPEvent(Expand|Collapse) all/ })
    await event.getByRole('button', { name: 'Expand all' }).first().click()
    await event.getByText('Time of the event: RFC 3339').waitFor()
  })

  test('neither does the page of a host that the browser does not trust', async () => {
    for (const path of ['/docs', '/docs#/sessions/sessionsCreate']) {
      await page.goto('about:blank')
      await page.goto(atPlainHost(guarded.url) + path)
      await page.getByRole('button', { name: 'POST /handshake Negotiate' }).waitFor()
    }
  })

  /** Clicks in the page itself: Playwright's clicks wait a second each for a page of this length. */
  async function openAll(selector: string) {
    const clicked = await page.locator(selector).evaluateAll((found) => {
      for (const one of found) (one as unknown as { click(): void }).click()
      return found.length
    })
    expect(clicked).toBeGreaterThan(0)
  }
})
