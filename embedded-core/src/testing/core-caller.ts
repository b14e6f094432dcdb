import {
  type InsightOut,
  type MCPHandshakeResponse,
  type MCPSessionResolveResponse,
  type ProblemIssue,
  parseJson,
  type SessionOut,
  stringifyJson,
} from '@achilles/mcp-contract'

/** All response types in one: a test reads only the fields of its own call. */
type AnyBody = SessionOut & MCPSessionResolveResponse & MCPHandshakeResponse & InsightOut[] & { issues: ProblemIssue[] }

export function coreCaller({ url, apiKey }: { url: string; apiKey: string }) {
  return async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: AnyBody }> {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : stringifyJson(body) }),
    })
    return { status: response.status, body: parseJson(await response.text()) as AnyBody }
  }
}
