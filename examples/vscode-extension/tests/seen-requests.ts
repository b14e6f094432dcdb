import type { MCPEvent } from '@achilles/mcp-client'

/** A request that left the process. */
interface SeenRequest {
  url: string
  headers: Headers
  body: string
}

/** Passes every request on, and keeps what it says; `stop` takes it away again. */
export function seeRequests() {
  const { fetch } = globalThis
  const seen: SeenRequest[] = []
  globalThis.fetch = (target, init) => {
    seen.push({ url: String(target), headers: new Headers(init?.headers), body: String(init?.body) })
    return fetch(target, init)
  }
  return {
    seen,
    /** Every event sent, once. */
    events(): MCPEvent[] {
      const sent = seen.filter(({ url }) => url.includes('signals.ingestBatch')).flatMap(({ body }) => eventsIn(body))
      return [...new Map(sent.map((event) => [event.event_id, event])).values()]
    },
    stop() {
      globalThis.fetch = fetch
    },
  }
}

function eventsIn(body: string): MCPEvent[] {
  const said = JSON.parse(body) as { json?: { events: MCPEvent[] }; 0?: { json: { events: MCPEvent[] } } }
  return (said.json ?? said[0]?.json)?.events ?? []
}
