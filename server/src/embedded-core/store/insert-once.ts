import { createHash } from 'node:crypto'

/** How a table takes a row under an idempotency key, and how it finds the row of a key. */
interface Keyed<Row> {
  insert(key: string | null): PromiseLike<Row[]>
  find(key: string): PromiseLike<Row[]>
}

/** Answers the row that `insert` made or, where the caller's key was known, the row of that key. */
export async function insertOnce<Row>(idempotencyKey: string | undefined, table: Keyed<Row>): Promise<Row> {
  // Hashed: a header may be longer than an index entry.
  const key = idempotencyKey === undefined ? null : createHash('sha256').update(idempotencyKey).digest('hex')
  const [made] = await table.insert(key)
  const row = made ?? (key === null ? undefined : (await table.find(key))[0])
  if (!row) throw new Error('a row is neither new nor stored')
  return row
}
