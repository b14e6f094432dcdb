import type { InsightCategory, InsightSeverity, JsonObject } from '@achilles/mcp-contract'
import type { SessionEvent } from '../store/session-event.ts'

/** Something a rule found: it began with `first`, and was true from `completedBy` on. */
export interface Finding {
  first: SessionEvent
  completedBy: SessionEvent
  severity: InsightSeverity
  category: InsightCategory
  title: string
  message: string
  agent_id?: string | null
  payload: JsonObject
}

/** A pure function of a session's events, which come in order of time. */
export type InsightRule = (events: readonly SessionEvent[]) => Finding[]
