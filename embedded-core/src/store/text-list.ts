import { type SQL, sql } from 'drizzle-orm'

// Ids and JSON text contain no control characters and are never empty. One text parameter per column is several times
// faster than an array parameter, which PGlite escapes element by element.
const SEPARATOR = '\u001f'

/** An array of texts without control characters; an empty or missing one becomes null. */
export function textList(values: readonly (string | number | undefined)[]): SQL {
  return sql`string_to_array(${values.map((value) => value ?? '').join(SEPARATOR)}::text, chr(31), '')`
}
