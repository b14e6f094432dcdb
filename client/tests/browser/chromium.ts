import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const USUAL = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where a Chromium is: what `CHROMIUM_PATH` says, else where Debian and its kin have it. */
export const findChromium = (): string | undefined =>
  process.env.CHROMIUM_PATH || USUAL.find((path) => existsSync(path))

/** For tests: starts that Chromium without a window. */
export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium()
  if (!executablePath) throw new Error('there is no Chromium here: CHROMIUM_PATH may name one')
  // Its sandbox refuses to run as root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath, headless: true, args })
}
