import { ID, type InsightOut } from '@achilles/mcp-contract'
import { GatewayError } from '../errors/gateway-error.ts'
import { type Instant, toInstant } from './instant.ts'

/** The most insights that Core returns at a time. */
export const PAGE_SIZE = 200

interface PagedInsight {
  insight: InsightOut
  at: Instant
}

/** What Core returned for one query, oldest first. */
export interface InsightPage {
  /** The query's own. */
  since: Instant
  insights: readonly PagedInsight[]
  /** There may be more: Core returned as many as it may. */
  isFull: boolean
  /** The newest insight's time. */
  end: Instant | undefined
}

/**
 * Sorts by time, then by id, whatever the order in which Core lists them.
 * @throws GatewayError CORE_CONTRACT_VIOLATION for an id or a time that a stream cannot resume from.
 */
export function toPage(since: Instant, listed: readonly InsightOut[]): InsightPage {
  const insights = listed.map(toPaged).sort(compare)
  return { since, insights, isFull: listed.length >= PAGE_SIZE, end: insights.at(-1)?.at }
}

function toPaged(insight: InsightOut, index: number): PagedInsight {
  const at = toInstant(insight.created_at)
  if (!at) throw violation(`[${index}].created_at`, 'must be RFC 3339')
  if (!ID.pattern.test(insight.insight_id)) throw violation(`[${index}].insight_id`, ID.message)
  return { insight, at }
}

function compare(one: PagedInsight, other: PagedInsight): number {
  if (one.at.nanoseconds !== other.at.nanoseconds) return one.at.nanoseconds < other.at.nanoseconds ? -1 : 1
  return one.insight.insight_id < other.insight.insight_id ? -1 : 1
}

const violation = (path: string, message: string) =>
  new GatewayError('CORE_CONTRACT_VIOLATION', `Core’s response violates the contract: ${path}: ${message}`, {
    issues: [{ path, message }],
  })
