import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Handler } from 'hono'
import type { GatewayEnv } from '../../http/env.ts'

interface Served {
  plain: Uint8Array<ArrayBuffer>
  packed: Uint8Array<ArrayBuffer>
  etag: string
}

/** Serves one file, read and compressed on the first request; later changes are not seen. */
export function serveFile(file: string | URL, contentType: string): Handler<GatewayEnv> {
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
