import { isPlainObject } from '@achilles/mcp-contract'
import type { ServerEventBus } from '@modelcontextprotocol/server'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { RequestContext } from '../../http/request-context.ts'
import type { Services } from '../../procedures/context.ts'
import type { Watcher } from '../../watching/watcher.ts'
import { parseInsightsUri } from './session-insights-resource.ts'

/** Insights that arrive within this time are announced once, in milliseconds. */
const COALESCED_MS = 100

export interface SubscriptionOptions {
  /** Called every `pingMs` milliseconds. @throws GatewayError if the caller may no longer listen. */
  recheck(): Promise<void>
  pingMs: number
}

/** The subscriptions of one `subscriptions/listen` request: it sources the SDK's notifications. */
export interface InsightSubscriptions extends ServerEventBus {
  /** Resolves when no more changes are announced: a session cannot be watched any more, or the gateway stops. */
  ended: Promise<void>
  close(): void
}

/**
 * Watches the sessions whose insights a `subscriptions/listen` request names; undefined for any other request.
 * @throws GatewayError as `InsightWatches.open` does.
 * @see https://modelcontextprotocol.io/specification/2026-07-28/server/resources#subscriptions
 */
export async function openInsightSubscriptions(
  body: unknown,
  { principal, requestId, disconnectSignal: signal }: RequestContext,
  { watches }: Services,
  options: SubscriptionOptions,
): Promise<InsightSubscriptions | undefined> {
  const uris = findSubscribedUris(body)
  if (uris.size === 0 || principal instanceof GatewayError) return undefined
  const watchers = new Map<string, Watcher>()
  try {
    for (const [uri, session_id] of uris) {
      watchers.set(uri, await watches.open({ principal, session_id, requestId, signal }))
    }
  } catch (error) {
    for (const watcher of watchers.values()) watcher.end('closed')
    throw error
  }
  return announce(watchers, options)
}

function findSubscribedUris(body: unknown): Map<string, string> {
  const { method, params } = isPlainObject(body) ? body : {}
  const { notifications } = isPlainObject(params) ? params : {}
  const { resourceSubscriptions: uris } = isPlainObject(notifications) ? notifications : {}
  const sessions = new Map<string, string>()
  if (method !== 'subscriptions/listen' || !Array.isArray(uris)) return sessions
  for (const uri of uris) {
    const sessionId = typeof uri === 'string' ? parseInsightsUri(uri) : undefined
    if (sessionId !== undefined) sessions.set(uri, sessionId)
  }
  return sessions
}

function announce(
  watchers: ReadonlyMap<string, Watcher>,
  { recheck, pingMs }: SubscriptionOptions,
): InsightSubscriptions {
  let onEnded: () => void = () => {}
  const ended = new Promise<void>((resolve) => (onEnded = resolve))
  const end = () => {
    for (const watcher of watchers.values()) watcher.end('closed')
    clearInterval(timer)
    onEnded()
  }
  const timer = setInterval(() => void recheck().catch(end), pingMs)
  return {
    ended,
    close: end,
    publish() {},
    subscribe(listener) {
      for (const [uri, watcher] of watchers) {
        void readChanges(watcher, () => listener({ kind: 'resource_updated', uri })).finally(end)
      }
      return end
    },
  }
}

async function readChanges(watcher: Watcher, onChange: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  try {
    for await (const _ of watcher) {
      timer ??= setTimeout(() => {
        timer = undefined
        onChange()
      }, COALESCED_MS)
    }
  } catch {
    // The client learns the reason when it reads the resource.
  } finally {
    clearTimeout(timer)
  }
}
