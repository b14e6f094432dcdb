import { randomBytes } from 'node:crypto'
import {
  type ErrorCorrelation,
  type InsightOut,
  type JsonObject,
  parseJson,
  stringifyJson,
} from '@achilles/mcp-contract'
import { sql } from 'drizzle-orm'
import { bigint, customType, doublePrecision, index, pgSchema, primaryKey, text, unique } from 'drizzle-orm/pg-core'

/** A schema of its own, since the database may be shared. */
export const SCHEMA_NAME = 'achilles_core'

// Not exported: drizzle-kit would generate a `create schema`, which the migrator already does.
const core = pgSchema(SCHEMA_NAME)

/** A random id that is safe in a path, e.g. `ses_1f0a…`. */
export const newId = (prefix: string) => `${prefix}_${randomBytes(12).toString('hex')}`

const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * UTF-8 cannot encode a lone surrogate, so an id with one is stored as a JSON string literal. So is an id that begins
 * like such a literal, which keeps ids distinct.
 */
const idText = customType<{ data: string; driverData: string }>({
  dataType: () => 'text',
  toDriver: encodeId,
  fromDriver: decodeId,
})

/** The text that `idText` stores; like an id, it has no control characters. */
export function encodeId(id: string): string {
  return id.startsWith('"') || LONE_SURROGATE.test(id) ? JSON.stringify(id) : id
}

/** Text that sorts by its bytes, whatever the database's collation. */
const bytewiseText = customType<{ data: string; driverData: string }>({ dataType: () => 'text collate "C"' })

/** The id that `encodeId` encoded. */
export function decodeId(text: string): string {
  return text.startsWith('"') ? (JSON.parse(text) as string) : text
}

/** A `json` column that keeps every digit and character; `jsonb` rejects `\u0000` and rounds numbers. */
const jsonText = <Data>() =>
  customType<{ data: Data; driverData: string }>({
    dataType: () => 'json',
    toDriver: stringifyJson,
    fromDriver: (text) => parseJson(text) as Data,
  })()

/** A `timestamptz` column, read as ISO 8601 in UTC with six decimals, so that instants sort as text. */
const instant = customType<{ data: string; driverData: string }>({
  dataType: () => 'timestamp with time zone',
  fromDriver: toIsoInstant,
})

const POSTGRES_TIME = /^(\d+-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d)(:\d\d)?$/

/** Turns `2026-03-02 10:00:00.412915+01` into `2026-03-02T09:00:00.412915Z`; always writes six decimals. */
export function toIsoInstant(text: string): string {
  const [, day, time, fraction = '.', hours, minutes = ':00'] = POSTGRES_TIME.exec(text) ?? []
  if (!day || !time || !hours) throw new Error(`not a timestamp in PostgreSQL's ISO style: ${text}`)
  const seconds = new Date(`${day}T${time}${hours}${minutes}`).toISOString().slice(0, -'.000Z'.length)
  return `${seconds}${fraction.padEnd('.412915'.length, '0')}Z`
}

const createdAt = () => instant().notNull().default(sql`clock_timestamp()`)

export const sessions = core.table(
  'sessions',
  {
    session_id: idText().primaryKey(),
    external_session_key: idText().notNull(),
    user_id: idText().notNull(),
    workspace_id: idText().notNull(),
    project_id: idText(),
    status: text().notNull(),
    start_time: text().notNull(),
    end_time: text(),
    tags: jsonText<string[]>().notNull(),
    config_snapshot: jsonText<JsonObject>(),
    created_at: createdAt(),
    updated_at: createdAt(),
    // Orders sessions that are created within one tick of the clock.
    sequence: bigint({ mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
  },
  (table) => [
    unique().on(table.workspace_id, table.external_session_key),
    index().on(table.external_session_key, table.created_at),
  ],
)

/** What the client sent is stored as JSON, since a path may have characters that `text` rejects. */
export const projects = core.table('projects', {
  project_id: idText().primaryKey(),
  workspace_id: idText().notNull().unique(),
  canonical_name: jsonText<string>().notNull(),
  request: jsonText<unknown>().notNull(),
  created_at: createdAt(),
})

/** `fields` is the event without its three free objects. */
export const events = core.table(
  'events',
  {
    event_id: idText().notNull(),
    session_id: idText().notNull(),
    event_type: text().notNull(),
    occurred_at_ms: doublePrecision().notNull(),
    fields: jsonText<EventFields>().notNull(),
    payload: jsonText<JsonObject>(),
    metadata_: jsonText<JsonObject>(),
    agent_metadata: jsonText<JsonObject>(),
    created_at: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.session_id, table.event_id] }),
    // For runs of rejections; `event_id` sorts as `comparePositions` does.
    index('events_suggestions_index')
      .on(table.session_id, table.event_type, table.occurred_at_ms, sql`${table.event_id} collate "C"`)
      .where(sql`${table.event_type} in ('suggestion_accepted', 'suggestion_rejected')`),
  ],
)

export interface EventFields {
  timestamp: string
  agent_id?: string
  parent_event_id?: string
  correlation_id?: string
  file_path?: string
  duration_ms?: number
  attribution_confidence?: number
}

/** A row is locked while insights of its session change; a session without a row has none. */
export const insightStates = core.table('insight_states', {
  session_id: idText().primaryKey(),
  /** The latest `created_at` of an insight, also of one that was deleted since. */
  last_created_at: instant(),
  /** Of a session that an earlier version wrote: the last event, by id, that tallies contain; null once all are. */
  counted_to: idText(),
})

/** What rules know of the events of a session; `Tally` in `insight-rules/` describes the columns. */
export const insightTallies = core.table(
  'insight_tallies',
  {
    session_id: idText().notNull(),
    rule: text().notNull(),
    subject: bytewiseText().notNull(),
    count: bigint({ mode: 'number' }).notNull(),
    considered: bigint({ mode: 'number' }).notNull(),
    longest_ms: doublePrecision().notNull(),
    first_at_ms: doublePrecision().notNull(),
    first_event_id: idText().notNull(),
  },
  (table) => [primaryKey({ columns: [table.session_id, table.rule, table.subject] })],
)

export const insights = core.table(
  'insights',
  {
    session_id: idText().notNull(),
    insight_id: text().notNull(),
    rule: text().notNull(),
    subject: bytewiseText().notNull(),
    first_at_ms: doublePrecision().notNull(),
    /** Null if the rule derives it from the tally of the subject, and from the label. */
    content: jsonText<InsightContent>(),
    label: jsonText<string>(),
    created_at: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.session_id, table.insight_id] }),
    index().on(table.session_id, table.created_at),
    index().on(table.session_id, table.rule, table.subject),
  ],
)

export type InsightContent = Pick<InsightOut, 'agent_id' | 'severity' | 'category' | 'title' | 'message' | 'payload'>

// A hash of the caller and its key (see `insertOnce`); null if the caller sent no key.
const idempotencyKey = () => text().unique()

export const sessionSnapshots = core.table('session_snapshots', {
  snapshot_id: idText().primaryKey(),
  session_id: idText().notNull(),
  snapshot_type: text().notNull(),
  request: jsonText<unknown>().notNull(),
  idempotency_key: idempotencyKey(),
  created_at: createdAt(),
})

export const agentPerformance = core.table('agent_performance', {
  snapshot_id: idText().primaryKey(),
  session_id: idText().notNull(),
  agent_id: idText().notNull(),
  request: jsonText<unknown>().notNull(),
  idempotency_key: idempotencyKey(),
  created_at: createdAt(),
})

export const errorCorrelations = core.table('error_correlations', {
  correlation_id: idText().primaryKey(),
  session_id: idText().notNull(),
  error_event_id: idText().notNull(),
  request: jsonText<unknown>().notNull(),
  correlations: jsonText<ErrorCorrelation[]>().notNull(),
  idempotency_key: idempotencyKey(),
  created_at: createdAt(),
})
