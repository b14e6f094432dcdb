import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type Browser, chromium } from 'playwright-core'

const USUAL = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where a Chromium is: what `CHROMIUM_PATH` says, else where Debian and its kin have it. */
export const findChromium = (): string | undefined =>
  process.env.CHROMIUM_PATH || USUAL.find((path) => existsSync(path))

/** For tests: starts that Chromium without a window, with the given arguments. */
export function launchChromium(...more: string[]): Promise<Browser> {
  const executablePath = findChromium()
  if (!executablePath) throw new Error('there is no Chromium here: CHROMIUM_PATH may name one')
  // Its sandbox refuses to run as root.
  const args = [...more, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])]
  return chromium.launch({ executablePath, headless: true, args })
}

/** A site of two pages: `url` runs the script, `workerUrl` runs it in a web worker. */
export interface Site {
  origin: string
  url: string
  workerUrl: string
  close(): Promise<void>
}

/** For tests: bundles `script` for browsers and serves it on a loopback port, which browsers trust like TLS. */
export async function serveScript(script: URL): Promise<Site> {
  const bundle = await build({
    entryPoints: [fileURLToPath(script)],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
  })
  const page = (body: string) => `<!doctype html><meta charset="utf-8"><script>${body}</script>`
  const answers: Record<string, [type: string, body: string]> = {
    '/': ['text/html', `<!doctype html><meta charset="utf-8"><script src="/script.js"></script>`],
    '/worker': ['text/html', page(`new Worker('/script.js')`)],
    '/script.js': ['text/javascript', bundle.outputFiles[0]?.text ?? ''],
  }
  const server = createServer((request, response) => {
    const [type, body] = answers[request.url ?? ''] ?? []
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': `${type ?? 'text/plain'}; charset=utf-8` })
    response.end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    url: `${origin}/`,
    workerUrl: `${origin}/worker`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
