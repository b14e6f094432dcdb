import type { InsightCategory, InsightSeverity, JsonObject } from '@achilles/mcp-contract'
import type { SessionEvent } from '../store/events.ts'

/** What a rule found: `first` is its first event, `completedBy` the event that met the threshold. */
export interface InsightFinding {
  first: SessionEvent
  completedBy: SessionEvent
  severity: InsightSeverity
  category: InsightCategory
  title: string
  message: string
  agent_id?: string | null
  payload: JsonObject
}

export type InsightRule = (events: readonly SessionEvent[]) => InsightFinding[]
