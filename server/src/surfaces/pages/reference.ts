import { createRequire } from 'node:module'
import type { Hono } from 'hono'
import type { GatewayEnv } from '../../http/env.ts'
import { PATHS } from '../../http/paths.ts'
import { createOpenApiDocument } from '../../openapi/gateway-document.ts'
import { version } from '../../version.ts'
import { PAGE_POLICY } from './csp.ts'
import { serveFile } from './static-file.ts'

const JAVASCRIPT = 'text/javascript; charset=utf-8'
const CSS = 'text/css; charset=utf-8'

/**
 * Mounts `/openapi.json` and the API reference at `/docs`, which loads nothing from the internet; `/` redirects to it.
 * @param publicUrl the URL that callers use. Default: the URL the document was read from
 */
export function mountDocs(app: Hono<GatewayEnv>, publicUrl?: string): void {
  let document: string | undefined
  app.get(PATHS.openApi, (c) => {
    document ??= JSON.stringify(createOpenApiDocument(version, publicUrl))
    return c.body(document, 200, { 'content-type': 'application/json' })
  })

  app.get(PATHS.root, (c) => c.redirect(PATHS.docs))
  app.get(PATHS.docs, (c) => c.html(REFERENCE_PAGE, 200, PAGE_POLICY))
  const { resolve } = createRequire(import.meta.url)
  app.get(`${PATHS.docs}/reference.js`, serveFile(resolve('swagger-ui-dist/swagger-ui-bundle.js'), JAVASCRIPT))
  app.get(`${PATHS.docs}/reference.css`, serveFile(resolve('swagger-ui-dist/swagger-ui.css'), CSS))
  app.get(`${PATHS.docs}/start.js`, serveFile(new URL('start.js', import.meta.url), JAVASCRIPT))
}

const REFERENCE_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Achilles MCP Gateway: API reference</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/docs/reference.css">
  </head>
  <body>
    <main id="reference">
      <noscript>This page needs JavaScript. The OpenAPI document is at <a href="/openapi.json">/openapi.json</a>.</noscript>
    </main>
    <script src="/docs/reference.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`
