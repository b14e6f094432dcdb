import { sql } from 'drizzle-orm'
import type { Database } from '../../database.ts'
import {
  ACCEPTED,
  findRejectedRun,
  MAX_RUN_LENGTH,
  REJECTED,
  type Rejection,
} from '../../insight-rules/rejected-suggestions.ts'
import { REJECTED_SUGGESTIONS } from '../../insight-rules/tally-events.ts'
import { encodeId, events } from '../../schema.ts'
import type { SessionEvent } from '../session-event.ts'
import { textList } from '../text-list.ts'
import { type Change, toContent } from './write-insights.ts'

interface Run {
  session_id: string
  subject: string
  rejections: Rejection[]
}

/** The runs of rejections that suggestions, accepted or rejected, have changed. */
export async function findChangedRuns(db: Database, decisions: readonly SessionEvent[]): Promise<Change[]> {
  if (decisions.length === 0) return []
  const runs = new Map<string, Run>()
  for (const { session_id, subject, event_id, at_ms, fields } of await readRuns(db, decisions)) {
    const key = `${session_id}\n${subject}`
    const run = runs.get(key) ?? { session_id, subject, rejections: [] }
    runs.set(key, run)
    if (event_id !== '') run.rejections.push({ event_id, at_ms, agent_id: fields.agent_id })
  }
  const changed = [...runs.values()].map((run) => ({ ...run, finding: findRejectedRun(run.rejections) }))
  const divided = findDividedSessions(changed, decisions)
  return changed.flatMap(({ session_id, subject, finding }) => {
    if (!finding && !divided.has(session_id)) return []
    const found = finding ? [{ subject, first: finding.first, content: toContent(REJECTED_SUGGESTIONS, finding) }] : []
    return { session_id, rule: REJECTED_SUGGESTIONS, from: subject, to: subject, found }
  })
}

/** Where a new acceptance may have divided a stored run, which then is perhaps too short. */
function findDividedSessions(runs: readonly Run[], decisions: readonly SessionEvent[]): Set<string> {
  const key = (session_id: string, event_id: string) => `${session_id}\n${event_id}`
  const added = new Set(decisions.map(({ session_id, event_id }) => key(session_id, event_id)))
  const begun = new Set(
    decisions
      .filter(({ event_type }) => event_type === ACCEPTED)
      .map(({ session_id, event_id }) => key(session_id, toRunSubject(event_id))),
  )
  const divided = runs.filter(
    ({ session_id, subject, rejections }) =>
      begun.has(key(session_id, subject)) &&
      (rejections.length === MAX_RUN_LENGTH ||
        rejections.some(({ event_id }) => !added.has(key(session_id, event_id)))),
  )
  return new Set(divided.map(({ session_id }) => session_id))
}

const toRunSubject = (acceptanceId: string) => `after ${encodeId(acceptanceId)}`

const position = sql`(${events.occurred_at_ms}, ${events.event_id} collate "C")`

/**
 * The first rejections of each run to which a decision belongs or that it begins; one row without an event for a run
 * without rejections. A run is named by the acceptance before it.
 */
function readRuns(db: Database, decisions: readonly SessionEvent[]) {
  const list = (value: (event: SessionEvent) => string | number) => textList(decisions.map(value))
  return db
    .select({
      session_id: sql`session_id`.mapWith(events.session_id),
      subject: sql<string>`subject`,
      event_id: sql`event_id`.mapWith(events.event_id),
      at_ms: sql`at_ms`.mapWith(Number),
      fields: sql`fields`.mapWith(events.fields),
    })
    .from(
      sql`(
        with decision as (
          select session_id, event_type, at_ms::float8, event_id
          from unnest(${list(({ session_id }) => encodeId(session_id))}, ${list(({ event_type }) => event_type)},
            ${list(({ at_ms }) => at_ms)}, ${list(({ event_id }) => encodeId(event_id))})
          as row(session_id, event_type, at_ms, event_id)
        ),
        run as (
          select decision.session_id, acceptance.at_ms, acceptance.event_id
          from decision left join lateral (
            select ${events.occurred_at_ms} as at_ms, ${events.event_id} as event_id from ${events}
            where ${events.session_id} = decision.session_id and ${events.event_type} = ${sql.raw(`'${ACCEPTED}'`)}
              and ${position} < (decision.at_ms, decision.event_id)
            order by ${events.occurred_at_ms} desc, ${events.event_id} collate "C" desc limit 1
          ) acceptance on true
          union
          select session_id, at_ms, event_id from decision where event_type = ${sql.raw(`'${ACCEPTED}'`)}
        )
        select run.session_id, coalesce('after ' || run.event_id, 'first') as subject,
          coalesce(rejection.event_id, '') as event_id, coalesce(rejection.at_ms, 0) as at_ms,
          coalesce(rejection.fields, '{}') as fields
        from run
        left join lateral (
          select ${events.occurred_at_ms} as at_ms, ${events.event_id} as event_id from ${events}
          where ${events.session_id} = run.session_id and ${events.event_type} = ${sql.raw(`'${ACCEPTED}'`)}
            and ${position} > (coalesce(run.at_ms, '-Infinity'), coalesce(run.event_id, ''))
          order by ${events.occurred_at_ms}, ${events.event_id} collate "C" limit 1
        ) last on true
        left join lateral (
          select ${events.occurred_at_ms} as at_ms, ${events.event_id} as event_id, ${events.fields} as fields
          from ${events}
          where ${events.session_id} = run.session_id and ${events.event_type} = ${sql.raw(`'${REJECTED}'`)}
            and ${position} > (coalesce(run.at_ms, '-Infinity'), coalesce(run.event_id, ''))
            and ${position} < (coalesce(last.at_ms, 'Infinity'), coalesce(last.event_id, ''))
          order by ${events.occurred_at_ms}, ${events.event_id} collate "C" limit ${sql.raw(String(MAX_RUN_LENGTH))}
        ) rejection on true
        order by run.session_id, subject, rejection.at_ms, rejection.event_id collate "C"
      ) as rejections`,
    )
}
