import { createGatewayClient } from '@achilles/mcp-client'
import type { EventBatchResponse, MCPEventBatch, MCPSessionCreate, Problem, SessionOut } from '@achilles/mcp-contract'

/** A request that was not acknowledged and must be resent. */
export class NotAcknowledged extends Error {
  override readonly name = 'NotAcknowledged'
}

/** Each method makes one attempt; it throws `NotAcknowledged` if a retry is needed, any other error if not. */
export interface Sender {
  createSession(session: MCPSessionCreate): Promise<{ session_id: string }>
  sendBatch(batch: MCPEventBatch): Promise<EventBatchResponse>
}

export function nativeSender(url: string, signal: AbortSignal): Sender {
  const gateway = createGatewayClient({ url })
  return {
    createSession: (session) => gateway.sessions.create.mutate(session, { signal }).catch(sortOut),
    sendBatch: (batch) => gateway.signals.ingestBatch.mutate(batch, { signal }).catch(sortOut),
  }
}

export function restSender(url: string, signal: AbortSignal): Sender {
  async function post<Answer>(path: string, body: unknown): Promise<Answer> {
    const { status, answer } = await exchange(`${url}/api/achilles/v1/mcp${path}`, body, signal)
    if (status === 200) return answer as Answer
    throw unacknowledged(answer as Problem)
  }
  return {
    createSession: (session) => post<SessionOut>('/sessions', session),
    sendBatch: (batch) => post<EventBatchResponse>('/signals/events/batch', batch),
  }
}

async function exchange(url: string, body: unknown, signal: AbortSignal): Promise<{ status: number; answer: unknown }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    })
    // An incomplete response counts as none.
    return { status: response.status, answer: await response.json() }
  } catch (cause) {
    throw new NotAcknowledged('no answer', { cause })
  }
}

/** The typed client's errors have the problem as `data`, which is missing if there was no response. */
function sortOut(error: unknown): never {
  const { data } = error as { data?: Problem | null }
  throw data ? unacknowledged(data) : new NotAcknowledged('no answer', { cause: error })
}

export function unacknowledged(problem: Problem): Error {
  if (problem.retryable) return new NotAcknowledged(problem.detail)
  return new Error(`refused for good: ${JSON.stringify(problem)}`)
}
