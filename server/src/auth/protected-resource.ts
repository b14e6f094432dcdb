import { PATHS } from '../http/paths.ts'

/** A resource in the sense of RFC 9728: the gateway as a whole, or `/mcp`, for which MCP clients request tokens. */
export interface ProtectedResource {
  url: string
  metadataUrl: string
}

/**
 * The resource that a path of the gateway belongs to.
 * @param baseUrl the gateway's public URL, without a trailing slash
 */
export function protectedResource(baseUrl: string, path: string): ProtectedResource {
  const url = baseUrl + (path === PATHS.mcp ? PATHS.mcp : '')
  const { origin, pathname } = new URL(url)
  return { url, metadataUrl: origin + PATHS.resourceMetadata + (pathname === '/' ? '' : pathname) }
}
