import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { parseJson, stringifyJson } from '@achilles/mcp-contract'
import { unprocessable } from '../read-request.ts'

/** The key of an idempotent write, and the caller that sent it: two callers may use the same key. */
export interface IdempotencyKey {
  client: string
  key: string
}

/** How a table inserts a row under an idempotency key, and how it finds the row of a key. */
interface Keyed<Row> {
  insert(key: string | null): PromiseLike<Row[]>
  find(key: string): PromiseLike<{ row: Row; request: unknown }[]>
}

/**
 * Returns the row that `insert` made or, where the caller used the key before, the row of that key.
 * @throws BadRequest 422 when the key was used with another request.
 */
export async function insertOnce<Row>(
  idempotencyKey: IdempotencyKey | undefined,
  request: unknown,
  table: Keyed<Row>,
): Promise<Row> {
  const key = idempotencyKey === undefined ? null : hash(idempotencyKey)
  const [made] = await table.insert(key)
  if (made) return made
  const [stored] = key === null ? [] : await table.find(key)
  if (!stored) throw new Error('a row is neither new nor stored')
  if (!isSameJson(stored.request, request)) {
    throw unprocessable('idempotency-key', 'was used before with another body')
  }
  return stored.row
}

/** Hashed, since a header may be longer than an index entry. The first hash has a fixed length, so no two pairs join alike. */
function hash({ client, key }: IdempotencyKey): string {
  return sha256(`${sha256(key)}:${client}`)
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** Whether two requests are one JSON value: a retry over another surface may write its keys in another order. */
const isSameJson = (stored: unknown, request: unknown) => isDeepStrictEqual(stored, parseJson(stringifyJson(request)))
