import type { InsightOut, MCPInsightsWatch } from '@achilles/mcp-contract'
import type { CallContext } from '../call-context.ts'
import type { GatewayClient } from '../gateway-client.ts'
import { GatewayError, toGatewayError } from '../gateway-error.ts'
import { notify } from '../notify.ts'
import { rejectOnAbort } from '../retry.ts'

/** Options of `Session.watchInsights`. */
export interface WatchOptions {
  /** Called with each insight. Without it, iterate over the watch. */
  onInsight?: (insight: InsightOut) => unknown
  /** Called if the watch ends because no retry helps, or if `onInsight` throws. */
  onError?: (error: unknown) => unknown
  /** Only insights created at or after this time. @default all of the session’s */
  since?: MCPInsightsWatch['since']
  /** Closes the watch. */
  signal?: AbortSignal
}

/** The insights of a session as they arrive; each once. It can be iterated once, unless `onInsight` is set. */
export interface InsightWatch extends AsyncIterable<InsightOut> {
  /** Ends it. An iteration ends after what has arrived. */
  close(): void
}

interface WatchedSession {
  gateway: GatewayClient
  /** Core’s id, once it is known. */
  opened: Promise<{ sessionId: string }>
  getContext(): CallContext
  /** Aborts when the session ends. */
  ended: AbortSignal
}

export function watchInsights(session: WatchedSession, options: WatchOptions): InsightWatch {
  const { onInsight, onError, signal } = options
  const closed = new AbortController()
  const signals = [session.ended, ...(signal ? [signal] : [])]
  const close = () => {
    for (const signal of signals) signal.removeEventListener('abort', close)
    closed.abort()
  }
  for (const signal of signals) signal.addEventListener('abort', close)
  if (signals.some(({ aborted }) => aborted)) close()
  const insights = readInsights(session, options.since, closed.signal)
  if (onInsight) {
    void (async () => {
      try {
        for await (const insight of insights) notify(onInsight, insight, (error) => notify(onError, error))
      } catch (error) {
        notify(onError, error)
      } finally {
        close()
      }
    })()
  }
  return { close, [Symbol.asyncIterator]: () => insights }
}

async function* readInsights(
  { gateway, opened, getContext }: WatchedSession,
  since: MCPInsightsWatch['since'],
  signal: AbortSignal,
): AsyncGenerator<InsightOut, void> {
  try {
    const { sessionId: session_id } = await rejectOnAbort(opened, signal)
    const input = { session_id, ...(since !== undefined && { since }) }
    const items = gateway.signals.watchInsights.subscribe(input, { signal, context: getContext() })
    for await (const { data } of items) yield data
  } catch (error) {
    if (!signal.aborted) throw error instanceof GatewayError ? error : toGatewayError(error)
  }
}
