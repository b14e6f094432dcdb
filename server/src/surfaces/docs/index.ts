import { createRequire } from 'node:module'
import type { Hono } from 'hono'
import type { GatewayEnv } from '../../gate/gateway-env.ts'
import { version } from '../../version.ts'
import { pagePolicy } from '../page-policy.ts'
import { serveFile } from '../serve-file.ts'
import { createOpenApiDocument } from './openapi-document.ts'
import { REFERENCE_PAGE } from './reference-page.ts'

const JAVASCRIPT = 'text/javascript; charset=utf-8'

/**
 * Mounts `/openapi.json` and `/docs`, a page that needs nothing from the internet.
 * @param publicUrl where callers reach the gateway; absent: where the document was read
 */
export function mountDocs(app: Hono<GatewayEnv>, publicUrl?: string): void {
  let document: string | undefined
  app.get('/openapi.json', (c) => {
    document ??= JSON.stringify(createOpenApiDocument(version, publicUrl))
    return c.body(document, 200, { 'content-type': 'application/json' })
  })

  // Scalar sets styles from its script.
  app.get('/docs', (c) => c.html(REFERENCE_PAGE, 200, pagePolicy(`'unsafe-inline'`)))
  const { resolve } = createRequire(import.meta.url)
  app.get('/docs/reference.js', serveFile(resolve('@scalar/api-reference/browser/standalone.js'), JAVASCRIPT))
  app.get('/docs/start.js', serveFile(new URL('start.js', import.meta.url), JAVASCRIPT))
}
