import type { InsightCategory, InsightSeverity, JsonObject } from '@achilles/mcp-contract'
import { encodeId } from '../schema.ts'
import type { SessionEvent } from '../store/session-event.ts'

/** The place of an event in its session: by time, then by id. */
export interface Position {
  at_ms: number
  event_id: string
}

/** What a rule found; `first` is the first of the events that it is about. */
export interface Finding {
  first: Position
  severity: InsightSeverity
  category: InsightCategory
  title: string
  message: string
  agent_id?: string | null
  payload: JsonObject
}

interface Counts {
  /** How many events match the rule. */
  count: number
  /** How many events the rule looked at. */
  considered: number
}

/**
 * What is stored of the events of one subject, e.g. one file. Sums and extremes: the same for every order in which the
 * events arrive, however they are divided into batches.
 */
export interface Tally extends Counts {
  longest_ms: number
  /** The first event that matches; at infinity if none does. */
  first: Position
}

/** What one event adds to a tally. */
interface Share {
  /** Without control characters, and short: it is part of an index. */
  subject: string
  /** What `find` needs to know of the subject, e.g. the path of a file. */
  label?: string
  /** False for an event that is considered but does not match. @default true */
  matches?: boolean
  longest_ms?: number
}

export interface TallyRule {
  /** Undefined if the event does not concern the rule. */
  toShare(event: SessionEvent): Share | undefined
}

/** A rule with at most one insight a subject. */
export interface SubjectRule extends TallyRule {
  /** Whether there is an insight. */
  isFound(counts: Counts): boolean
  /** The insight, of which only `first` decides whether it is still the same one. */
  find(tally: Tally, label: string): Finding
}

export const NO_POSITION: Position = { at_ms: Number.POSITIVE_INFINITY, event_id: '' }

/** Orders ids as the database does with `collate "C"`. */
export function comparePositions(a: Position, b: Position): number {
  if (a.at_ms !== b.at_ms) return a.at_ms - b.at_ms
  return Buffer.compare(Buffer.from(encodeId(a.event_id)), Buffer.from(encodeId(b.event_id)))
}
