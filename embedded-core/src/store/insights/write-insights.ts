import { createHash } from 'node:crypto'
import { stringifyJson } from '@achilles/mcp-contract'
import { sql } from 'drizzle-orm'
import type { Database } from '../../database.ts'
import type { Finding, Position } from '../../insight-rules/insight-rule.ts'
import { encodeId, type InsightContent, insightStates, insights } from '../../schema.ts'
import { textList } from '../text-list.ts'

/** All that a rule finds in the subjects from `from` to `to`, both included. */
export interface Change {
  session_id: string
  rule: string
  from: string
  to: string
  found: Found[]
}

/** Either with its content or, if that follows from a tally, with the label of the subject. */
interface Found {
  subject: string
  first: Position
  content?: InsightContent
  label?: string
}

/** The same as long as the rule finds something that begins with this event. */
export function toInsightId(sessionId: string, rule: string, first: Position): string {
  const hash = createHash('sha256').update(JSON.stringify([sessionId, rule, first.event_id]))
  return `ins_${hash.digest('hex').slice(0, 24)}`
}

export function toContent(rule: string, { first, agent_id = null, ...finding }: Finding): InsightContent {
  return { agent_id, ...finding, payload: { rule, ...finding.payload } }
}

/** Writes the result of changes. The sessions must be locked. */
export async function writeInsights(db: Database, changes: readonly Change[]): Promise<void> {
  const rows = changes.flatMap(({ session_id, rule, found }) => found.map((one) => ({ session_id, rule, ...one })))
  if (changes.length === 0) return
  // Usually nothing but figures change, for which a simple statement is enough. Those of tallies are not stored here.
  const mayOnlyUpdate = changes.every(({ found }) => found.length > 0 && found.every(({ content }) => content))
  if (mayOnlyUpdate && (await updateContents(db, rows)) === rows.length) return
  await replaceInsights(db, changes, rows)
}

interface Row extends Found {
  session_id: string
  rule: string
}

const toRowId = ({ session_id, rule, first }: Row) => toInsightId(session_id, rule, first)

const toList = (rows: readonly Row[]) => (value: (row: Row) => string | number | undefined) => textList(rows.map(value))

/**
 * Returns how many exist. If all do, a change has nothing to delete: a subject has one insight, and bursts that are only
 * added to begin as before or else with another event.
 */
async function updateContents(db: Database, rows: readonly Row[]): Promise<number> {
  const list = toList(rows)
  const updated = await db
    .update(insights)
    .set({ content: sql`found.content::json` })
    .from(
      sql`unnest(${list(({ session_id }) => encodeId(session_id))},
        ${list(toRowId)},
        ${list(({ subject }) => subject)}, ${list(({ content }) => content && stringifyJson(content))})
      as found(session_id, insight_id, subject, content)`,
    )
    .where(
      sql`${insights.session_id} = found.session_id and ${insights.insight_id} = found.insight_id
        and ${insights.subject} = coalesce(found.subject, '')`,
    )
    .returning({ insight_id: insights.insight_id })
  return updated.length
}

/** A reader that knows the newest `created_at` finds every insight that is inserted later after it. */
async function replaceInsights(db: Database, changes: readonly Change[], rows: readonly Row[]): Promise<void> {
  const change = (value: (change: Change) => string) => textList(changes.map(value))
  const row = toList(rows)
  await db.execute(sql`
    with change as (
      select session_id, rule, coalesce(from_subject, '') as from_subject, coalesce(to_subject, '') as to_subject
      from unnest(${change(({ session_id }) => encodeId(session_id))}, ${change(({ rule }) => rule)},
        ${change(({ from }) => from)}, ${change(({ to }) => to)})
      as row(session_id, rule, from_subject, to_subject)
    ),
    found as (
      select session_id, insight_id, rule, coalesce(subject, '') as subject, first_at_ms::float8, content::json,
        label::json
      from unnest(${row(({ session_id }) => encodeId(session_id))},
        ${row(toRowId)},
        ${row(({ rule }) => rule)}, ${row(({ subject }) => subject)}, ${row(({ first }) => first.at_ms)},
        ${row(({ content }) => content && stringifyJson(content))},
        ${row(({ label }) => (label === undefined ? undefined : stringifyJson(label)))})
      as row(session_id, insight_id, rule, subject, first_at_ms, content, label)
    ),
    deleted as (
      delete from ${insights} as old using change
      where old.session_id = change.session_id and old.rule = change.rule
        and old.subject between change.from_subject and change.to_subject
        and old.insight_id <> all(${row(toRowId)})
    ),
    updated as (
      update ${insights} as old set subject = found.subject, content = found.content from found
      where old.session_id = found.session_id and old.insight_id = found.insight_id
        and (old.subject, old.content::text) is distinct from (found.subject, found.content::text)
    ),
    inserted as (
      insert into ${insights} (session_id, insight_id, rule, subject, first_at_ms, content, label, created_at)
      select found.session_id, insight_id, rule, subject, first_at_ms, content, label,
        ${createdAt('found.session_id')}
      from found join ${insightStates} as state on state.session_id = found.session_id
      where not exists (
        select from ${insights} as old where old.session_id = found.session_id and old.insight_id = found.insight_id
      )
      returning session_id, created_at
    )
    update ${insightStates} as state set last_created_at = newest.created_at
    from (select session_id, max(created_at) as created_at from inserted group by session_id) as newest
    where state.session_id = newest.session_id`)
}

/** Increases from row to row of a session, and exceeds what it had before. PGlite's clock has whole milliseconds. */
export const createdAt = (sessionId: string) => sql`
  greatest(statement_timestamp(), state.last_created_at + interval '1 microsecond')
    + interval '1 microsecond'
      * (row_number() over (partition by ${sql.raw(sessionId)} order by first_at_ms, insight_id) - 1)`
