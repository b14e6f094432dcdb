/** Where the Model Context Protocol is served. */
export const MCP_PATH = '/mcp'

/** Where protected-resource metadata is served (RFC 9728). */
export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource'

/** Something that wants a token: the gateway as a whole, or `/mcp` as the resource that MCP clients ask tokens for. */
export interface ProtectedResource {
  /** Its own URL. */
  url: string
  metadataUrl: string
}

/**
 * The resource that a path of the gateway belongs to.
 * @param baseUrl where callers reach the gateway, without a slash at its end
 */
export function protectedResource(baseUrl: string, path: string): ProtectedResource {
  const url = baseUrl + (path === MCP_PATH ? MCP_PATH : '')
  const { origin, pathname } = new URL(url)
  return { url, metadataUrl: origin + RESOURCE_METADATA_PATH + (pathname === '/' ? '' : pathname) }
}
