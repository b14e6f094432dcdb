import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { jsonResponse } from './json-response.ts'

/** Requires `authorization: Bearer <apiKey>`, compared in constant time; responds with 401 otherwise. */
export function requireKey(apiKey: string): MiddlewareHandler {
  const expected = sha256(apiKey)
  return async function requireKey(c, next) {
    const key = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
    if (key === undefined || !timingSafeEqual(sha256(key), expected)) {
      c.header('www-authenticate', 'Bearer')
      return jsonResponse(c, { detail: 'a valid bearer key is required' }, 401)
    }
    return next()
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()
