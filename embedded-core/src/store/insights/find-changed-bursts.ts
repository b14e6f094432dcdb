import { sql } from 'drizzle-orm'
import type { Database } from '../../database.ts'
import { findBurstsNear, type Span, toReadRange, toSpans } from '../../insight-rules/burst-spans.ts'
import { type Bucket, toBucketIndex, toBucketSubject } from '../../insight-rules/error-burst.ts'
import { ERROR_BURST, type SubjectTally } from '../../insight-rules/tally-events.ts'
import { decodeId, encodeId, insightTallies } from '../../schema.ts'
import { textList } from '../text-list.ts'
import { type Change, toContent } from './write-insights.ts'

interface SessionSpan {
  session_id: string
  span: Span
  buckets: Bucket[]
}

/** The bursts of errors near tallies that were added to. */
export async function findChangedBursts(db: Database, tallies: readonly SubjectTally[]): Promise<Change[]> {
  const spans = toSessionSpans(tallies.filter(({ rule }) => rule === ERROR_BURST))
  if (spans.length === 0) return []
  await readBuckets(db, spans)
  return spans.flatMap(({ session_id, span, buckets }) => {
    const { from, to, bursts } = findBurstsNear(span, buckets)
    // Failures are only added: where no burst is now, none was before.
    if (bursts.length === 0) return []
    const found = bursts.map(({ start, finding }) => ({
      subject: toBucketSubject(start),
      first: finding.first,
      content: toContent(ERROR_BURST, finding),
    }))
    return { session_id, rule: ERROR_BURST, from: toBucketSubject(from), to: toBucketSubject(to), found }
  })
}

function toSessionSpans(tallies: readonly SubjectTally[]): SessionSpan[] {
  const indexes = new Map<string, number[]>()
  for (const { session_id, subject } of tallies) {
    const known = indexes.get(session_id)
    if (known) known.push(toBucketIndex(subject))
    else indexes.set(session_id, [toBucketIndex(subject)])
  }
  return [...indexes].flatMap(([session_id, indexes]) =>
    toSpans(indexes).map((span) => ({ session_id, span, buckets: [] })),
  )
}

// Ids contain no control characters.
const [FIELD, ROW] = ['\u001f', '\u001e']

/** One row a span: a row a bucket takes four times as long to transfer. */
async function readBuckets(db: Database, spans: readonly SessionSpan[]): Promise<void> {
  const ranges = spans.map(({ span }) => toReadRange(span))
  const { subject, count, first_at_ms, first_event_id } = insightTallies
  const rows = await db
    .select({
      position: sql`span.position`.mapWith(Number),
      buckets: sql<string>`string_agg(
        concat_ws(chr(31), ${subject}, ${count}, ${first_at_ms}, ${first_event_id}), chr(30) order by ${subject}
      )`,
    })
    .from(insightTallies)
    .innerJoin(
      sql`unnest(${textList(spans.map(({ session_id }) => encodeId(session_id)))},
        ${textList(ranges.map(({ from }) => toBucketSubject(from)))},
        ${textList(ranges.map(({ to }) => toBucketSubject(to)))})
      with ordinality as span(session_id, from_subject, to_subject, position)`,
      sql`${insightTallies.session_id} = span.session_id and ${insightTallies.rule} = ${ERROR_BURST}
        and ${insightTallies.subject} between span.from_subject and span.to_subject`,
    )
    .groupBy(sql`span.position`)
  for (const { position, buckets } of rows) spans[position - 1]?.buckets.push(...buckets.split(ROW).map(toBucket))
}

function toBucket(text: string): Bucket {
  const [subject = '', count, at_ms, id = ''] = text.split(FIELD)
  return {
    index: toBucketIndex(subject),
    count: Number(count),
    first: { at_ms: Number(at_ms), event_id: decodeId(id) },
  }
}
