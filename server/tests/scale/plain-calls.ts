import { createGatewayClient } from '@achilles/mcp-client'
import type { MCPSessionSnapshotResponse } from '@achilles/mcp-contract'
import { newSession } from '../../../embedded-core/src/testing/requests.ts'
import { bearer } from '../support/keys-file.ts'
import { answeredBy, MCP_HEADERS, toolCall } from '../support/tool-calls.ts'

/** The result of calls without retries. */
export interface Tally {
  calls: number
  failures: string[]
  /** The ids of returned snapshots, and the number of requested ones. */
  snapshots: Set<string>
  snapshotsAsked: number
}

export const newTally = (): Tally => ({ calls: 0, failures: [], snapshots: new Set(), snapshotsAsked: 0 })

/** Makes calls of several kinds over every surface, one after another and without retries, until aborted. */
export async function makePlainCalls(
  { url, apiKey }: { url: string; apiKey: string },
  tally: Tally,
  until: AbortSignal,
): Promise<void> {
  const gateway = createGatewayClient({ url, apiKey, retries: 0 })
  const patient = createGatewayClient({ url, apiKey, retries: 10 })
  const { session_id, external_session_key } = await patient.sessions.create.mutate(newSession())

  async function send(method: string, path: string, body: string, headers = {}): Promise<string> {
    const answer = await fetch(url + path, {
      method,
      body,
      headers: { 'content-type': 'application/json', ...bearer(apiKey), ...headers },
    })
    const text = await answer.text()
    if (answer.status !== 200) throw new Error(`${answer.status} ${text}`)
    return text
  }
  const rest = (method: string, path: string, body: unknown) =>
    send(method, `/api/achilles/v1/mcp${path}`, JSON.stringify(body))

  async function snapshot(record: () => Promise<MCPSessionSnapshotResponse>): Promise<void> {
    tally.snapshotsAsked += 1
    tally.snapshots.add((await record()).snapshot_id)
  }

  const picture = { session_id, snapshot_type: 'custom', payload: { branch: 'main' } } as const
  const calls: (() => Promise<unknown>)[] = [
    () => gateway.sessions.resolve.query({ external_session_key }),
    () => gateway.sessions.update.mutate({ session_id, status: 'active' }),
    () => snapshot(() => gateway.state.snapshot.mutate(picture)),
    () => gateway.signals.insights.query({ session_id }),
    () => rest('PATCH', `/sessions/${session_id}`, { status: 'active' }),
    () => rest('POST', '/sessions', newSession()),
    // Without an Idempotency-Key: a proxy that retries it must add one.
    () => snapshot(async () => JSON.parse(await rest('POST', '/state/session', picture))),
    async () => {
      const text = await send('POST', '/mcp', toolCall('sessions.resolve', JSON.stringify({ external_session_key })), {
        ...MCP_HEADERS,
      })
      const { problem } = answeredBy('sessions.resolve', text)
      if (problem) throw new Error(problem.detail)
    },
  ]
  for (let next = 0; !until.aborted; next++) {
    tally.calls += 1
    await calls[next % calls.length]?.().catch((error: Error) => tally.failures.push(error.message))
  }
}
