import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestGateway, type TestGateway } from '../../../server/tests/support/test-gateway.ts'
import { type InterruptibleCore, startInterruptibleCore } from '../interruptible-core.ts'
import { findChromium, launchChromium, type Site, serveScript } from './browser.ts'

describe.skipIf(findChromium() === undefined)('a page in Chromium', () => {
  let folder: string
  let core: InterruptibleCore
  let gateway: TestGateway
  let site: Site
  let browser: Browser
  let context: BrowserContext

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'achilles-browser-'))
    core = await startInterruptibleCore(join(folder, 'core'))
    site = await serveScript(new URL('./session-script.ts', import.meta.url))
    gateway = await startTestGateway(core, { auth: { corsOrigins: [site.origin] } })
    browser = await launchChromium()
    context = await browser.newContext()
  })

  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
    await site?.close()
    await core?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  async function openPage(): Promise<Page> {
    const page = await context.newPage()
    await page.goto(site.url)
    await page.evaluate((url) => globalThis.open(url), gateway.url)
    return page
  }

  const record = (page: Page, count: number) =>
    page.evaluate(async (events) => {
      for (let index = 0; index < events; index++) {
        globalThis.session.record({ event_type: 'file_edited', source_type: 'ide', payload: { index } })
      }
      await globalThis.session.persisted()
    }, count)
  const ledger = (page: Page) => page.evaluate(() => globalThis.session.ledger())

  test('records, goes offline, comes back and flushes', async () => {
    const page = await openPage()
    await record(page, 10)
    await page.evaluate(() => globalThis.session.flush())
    expect(await ledger(page)).toMatchObject({ accepted: 10, pending: 0 })

    await context.setOffline(true)
    await record(page, 150)
    const flushed = page.evaluate(() => globalThis.session.flush())
    expect(await ledger(page)).toMatchObject({ recorded: 160, accepted: 10, pending: 150 })
    await context.setOffline(false)
    await flushed
    expect(await ledger(page)).toMatchObject({ recorded: 160, accepted: 160, pending: 0, dropped: {} })
    // Ended rather than closed: what the spool has not let go of yet would be sent again.
    await page.evaluate(() => globalThis.session.end())
    await page.close()
  })

  test('what a page left when it was closed is sent by the next', async () => {
    const page = await openPage()
    await context.setOffline(true)
    await record(page, 40)
    await page.close()
    await context.setOffline(false)
    const next = await openPage()
    await next.evaluate(() => globalThis.session.flush())
    expect(await ledger(next)).toMatchObject({ recovered: 40, accepted: 40, pending: 0 })
  })
})
