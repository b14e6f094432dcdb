import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Hono } from 'hono'
import type { GatewayEnv } from '../../gate/gateway-env.ts'
import { version } from '../../version.ts'
import { createOpenApiDocument } from './openapi-document.ts'
import { REFERENCE_PAGE } from './reference-page.ts'

/** Mounts `/openapi.json` and `/docs`, a page that needs nothing from the internet. */
export function mountDocs(app: Hono<GatewayEnv>): void {
  let document: string | undefined
  app.get('/openapi.json', (c) => {
    document ??= JSON.stringify(createOpenApiDocument(version))
    return c.body(document, 200, { 'content-type': 'application/json' })
  })

  app.get('/docs', (c) => c.html(REFERENCE_PAGE))

  let script: Promise<Buffer> | undefined
  app.get('/docs/reference.js', async (c) => {
    script ??= readFile(createRequire(import.meta.url).resolve('@scalar/api-reference/browser/standalone.js'))
    return c.body(new Uint8Array(await script), 200, {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=3600',
    })
  })
}
