/** @see https://modelcontextprotocol.io/specification/2025-11-25/server/resources#resource-templates */
export const SESSION_INSIGHTS = {
  name: 'session-insights',
  title: 'Insights of a session',
  uriTemplate: 'achilles://sessions/{session_id}/insights',
  description: 'What Core found in a session, newest first, at most 50.',
  mimeType: 'application/json',
}

const URI = /^achilles:\/\/sessions\/([^/]+)\/insights$/

/** The session's id; undefined for any other URI. */
export function parseInsightsUri(uri: string): string | undefined {
  const [, id] = URI.exec(uri) ?? []
  try {
    return id === undefined ? undefined : decodeURIComponent(id)
  } catch {
    return undefined
  }
}
