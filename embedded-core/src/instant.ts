import { customType } from 'drizzle-orm/pg-core'

/** A `timestamptz` column, read as ISO 8601 in UTC with six decimals, so that instants sort as text. */
export const instant = customType<{ data: string; driverData: string }>({
  dataType: () => 'timestamp with time zone',
  fromDriver: toIsoInstant,
})

const POSTGRES_TIME = /^(\d+-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d)(:\d\d)?$/

/**
 * Turns `2026-03-02 10:00:00.412915+01` into `2026-03-02T09:00:00.412915Z`, and adds the trailing zeros that PostgreSQL
 * omits.
 * @throws Error if the text is not in PostgreSQL's ISO style.
 */
export function toIsoInstant(text: string): string {
  const [, day, time, fraction = '.', hours, minutes = ':00'] = POSTGRES_TIME.exec(text) ?? []
  if (!day || !time || !hours) throw new Error(`not a timestamp in PostgreSQL's ISO style: ${text}`)
  const seconds = new Date(`${day}T${time}${hours}${minutes}`).toISOString().slice(0, -'.000Z'.length)
  return `${seconds}${fraction.padEnd('.412915'.length, '0')}Z`
}
