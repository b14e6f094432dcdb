import { randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { newEvent } from '../../../embedded-core/src/testing/requests.ts'
import { expectStatus, type SoakCall, type SoakTarget } from './soak-call.ts'

export const MAX_BODY_BYTES = 262_144

const tooLarge = JSON.stringify({ text: 'x'.repeat(2 * MAX_BODY_BYTES) })

/** REST calls, valid and rejected ones. */
export function restCalls({ url, session_id, external_session_key }: SoakTarget): SoakCall[] {
  const send = (status: number, method: string, path: string, body?: string | Buffer, headers = {}) =>
    fetch(`${url}/api/achilles/v1/mcp${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body }),
    }).then(expectStatus(status))
  const post = (path: string, body: unknown, headers = {}) => send(200, 'POST', path, JSON.stringify(body), headers)
  const window = { window_start: '2026-03-02T09:00:00Z', window_end: '2026-03-02T10:00:00Z' }
  const picture = { session_id, snapshot_type: 'custom', payload: { big: 'x'.repeat(1_000) } }

  async function correlate(): Promise<void> {
    const error = newEvent(session_id, { event_type: 'error' })
    await post('/signals/events', error)
    const question = { error_event_id: error.event_id, candidate_event_ids: [error.event_id] }
    await post('/errors/correlations', { session_id, ...question })
  }

  return [
    { name: 'REST event', make: () => post('/signals/events', newEvent(session_id)) },
    { name: 'REST exact', make: () => post('/signals/events', newEvent(session_id, { payload: { n: 2 ** 60 } })) },
    { name: 'REST key', make: () => post('/state/session', picture, { 'idempotency-key': randomUUID() }) },
    { name: 'REST agent', make: () => post('/agents/performance', { session_id, agent_id: 'a', ...window, ...TASKS }) },
    { name: 'REST correlate', make: correlate },
    { name: 'REST insights', make: () => send(200, 'GET', `/signals/insights?session_id=${session_id}&limit=5`) },
    {
      name: 'REST packed',
      make: () => {
        const body = gzipSync(JSON.stringify({ external_session_key }))
        return send(200, 'POST', '/sessions/resolve', body, { 'content-encoding': 'gzip' })
      },
    },
    { name: 'REST refused', make: () => send(400, 'POST', '/signals/events', JSON.stringify({ event_id: 1 })) },
    { name: 'REST not JSON', make: () => send(400, 'POST', '/sessions', '{') },
    { name: 'REST not packed', make: () => send(400, 'POST', '/sessions', '{}', { 'content-encoding': 'gzip' }) },
    { name: 'REST too large', make: () => send(413, 'POST', '/sessions', tooLarge) },
    { name: 'REST text', make: () => send(415, 'POST', '/sessions', 'x', { 'content-type': 'text/plain' }) },
    { name: 'REST unknown', make: () => send(404, 'PATCH', '/sessions/none', '{"status":"failed"}') },
    { name: 'REST no path', make: () => send(404, 'GET', '/nowhere') },
    { name: 'REST no method', make: () => send(405, 'DELETE', '/sessions') },
  ]
}

const TASKS = { tasks_completed: 1, tasks_failed: 0 }
