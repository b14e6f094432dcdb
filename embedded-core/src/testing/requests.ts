import { randomUUID } from 'node:crypto'
import {
  type CompleteEvent,
  type InsightOut,
  type MCPHandshakeResponse,
  type MCPSessionCreate,
  type MCPSessionResolveResponse,
  type ProblemIssue,
  parseJson,
  type SessionOut,
  stringifyJson,
} from '@achilles/mcp-contract'
import type { z } from 'zod'

type Session = z.output<typeof MCPSessionCreate>

export const newSession = (with_: Partial<Session> = {}): Session => ({
  external_session_key: randomUUID(),
  user_id: 'ada',
  workspace_id: 'ws-1',
  start_time: '2026-03-02T10:00:00.5+01:00',
  ...with_,
})

export const newEvent = (session_id: string, with_: Partial<CompleteEvent> = {}): CompleteEvent => ({
  event_id: randomUUID(),
  event_type: 'file_edited',
  source_type: 'ide',
  session_id,
  timestamp: '2026-03-02T09:04:11.250Z',
  ...with_,
})

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
