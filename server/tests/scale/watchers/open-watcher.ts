import { createGatewayClient } from '@achilles/mcp-client'
import { EventSource } from 'eventsource'
import { bearer } from '../../support/keys-file.ts'

/** A reader of one session's insights that connects again whenever its stream ends. */
export interface OpenWatcher {
  sessionId: string
  /** Everything received, in order. */
  ids: string[]
  close(): void
}

interface WatcherOptions {
  url: string
  apiKey: string
  sessionId: string
}

/** Over REST, with an `EventSource`, which gives up at any status but 200. */
export function watchByEventSource({ url, apiKey, sessionId }: WatcherOptions): OpenWatcher {
  const ids: string[] = []
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  let source: EventSource
  const open = () => {
    const resumed = ids.at(-1)
    const ownHeaders = { ...bearer(apiKey), ...(resumed !== undefined && { 'last-event-id': resumed }) }
    const target = `${url}/api/achilles/v1/mcp/signals/insights/stream?session_id=${sessionId}`
    source = new EventSource(target, {
      fetch: (input, init) => fetch(input, { ...init, headers: { ...ownHeaders, ...init.headers } }),
    })
    source.addEventListener('insight', ({ lastEventId }) => ids.push(lastEventId))
    source.addEventListener('error', () => {
      if (source.readyState === source.CLOSED && !isClosed) timer = setTimeout(open, 500)
    })
  }
  open()
  return {
    sessionId,
    ids,
    close() {
      isClosed = true
      clearTimeout(timer)
      source.close()
    },
  }
}

/** Natively, with the client. */
export function watchByClient({ url, apiKey, sessionId }: WatcherOptions): OpenWatcher {
  const ids: string[] = []
  const closed = new AbortController()
  const gateway = createGatewayClient({ url, apiKey })
  const items = gateway.signals.watchInsights.subscribe({ session_id: sessionId }, { signal: closed.signal })
  void (async () => {
    for await (const { id } of items) ids.push(id)
  })()
  return { sessionId, ids, close: () => closed.abort() }
}
