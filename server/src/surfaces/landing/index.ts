import { readFileSync } from 'node:fs'
import type { Hono } from 'hono'
import type { GatewayEnv } from '../../gate/gateway-env.ts'
import { version } from '../../version.ts'
import { pagePolicy } from '../page-policy.ts'
import { serveFile } from '../serve-file.ts'

const KEY_PARTS = /<!-- key -->(.*?)<!-- \/key -->/gs

/**
 * Mounts `/`, the page for a person who opens the gateway in a browser. What differs from request to request, the
 * address, is filled in by its script: nothing of a request is in the page.
 */
export function mountLanding(app: Hono<GatewayEnv>, { wantsKey }: { wantsKey: boolean }): void {
  const page = readFileSync(new URL('landing.html', import.meta.url), 'utf8')
    .replace(KEY_PARTS, wantsKey ? '$1' : '')
    .replace('{{version}}', version)
  app.get('/', (c) => c.html(page, 200, { ...pagePolicy(), 'cache-control': 'no-cache' }))
  app.get('/landing.css', serveFile(new URL('landing.css', import.meta.url), 'text/css; charset=utf-8'))
  app.get('/landing.js', serveFile(new URL('landing.js', import.meta.url), 'text/javascript; charset=utf-8'))
}
