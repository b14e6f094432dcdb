import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Handler, Hono } from 'hono'
import type { GatewayEnv } from '../../http/env.ts'
import { PATHS } from '../../http/paths.ts'
import { createOpenApiDocument, type DocumentOptions } from '../../openapi/gateway-document.ts'
import { version } from '../../version.ts'

const JAVASCRIPT = 'text/javascript; charset=utf-8'
const CSS = 'text/css; charset=utf-8'

export function mountDocs(app: Hono<GatewayEnv>, options: DocumentOptions): void {
  let document: string | undefined
  app.get(PATHS.openApi, (c) => {
    document ??= JSON.stringify(createOpenApiDocument(version, options))
    return c.body(document, 200, { 'content-type': 'application/json' })
  })

  app.get(PATHS.root, (c) => c.redirect(PATHS.docs))
  app.get(PATHS.docs, (c) => c.html(REFERENCE_PAGE, 200, PAGE_POLICY))
  app.get(`${PATHS.docs}/reference.js`, serveFile(resolveSwaggerUi('swagger-ui-bundle.js'), JAVASCRIPT))
  app.get(`${PATHS.docs}/reference.css`, serveFile(resolveSwaggerUi('swagger-ui.css'), CSS))
  app.get(`${PATHS.docs}/start.js`, serveFile(new URL('start.js', import.meta.url), JAVASCRIPT))
}

/** The published package has these two files beside its code: swagger-ui-dist has 12 MB and a script that reports installs. */
function resolveSwaggerUi(file: string): string | URL {
  if (!import.meta.url.endsWith('.ts')) return new URL(file, import.meta.url)
  return createRequire(import.meta.url).resolve(`swagger-ui-dist/${file}`)
}

/** Allows only resources of the gateway, nothing inline. */
const PAGE_POLICY: Readonly<Record<string, string>> = {
  'content-security-policy': [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self'`,
    `img-src 'self' data:`,
    `connect-src 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; '),
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

interface Served {
  plain: Uint8Array<ArrayBuffer>
  packed: Uint8Array<ArrayBuffer>
  etag: string
}

/** Reads and compresses the file on the first request; later changes are not seen. */
function serveFile(file: string | URL, contentType: string): Handler<GatewayEnv> {
  let served: Promise<Served> | undefined
  return async function serveFile(c) {
    served ??= read(file)
    const { plain, packed, etag } = await served
    const headers = { etag, 'cache-control': 'no-cache', vary: 'accept-encoding' }
    if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers)
    const isPacked = /\bgzip\b/.test(c.req.header('accept-encoding') ?? '')
    return c.body(isPacked ? packed : plain, 200, {
      ...headers,
      'content-type': contentType,
      ...(isPacked && { 'content-encoding': 'gzip' }),
    })
  }
}

async function read(file: string | URL): Promise<Served> {
  const plain = new Uint8Array(await readFile(file))
  const packed = new Uint8Array(await promisify(gzip)(plain))
  return { plain, packed, etag: `W/"${createHash('sha256').update(plain).digest('base64url')}"` }
}
