import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { parseJson, stringifyJson } from '@achilles/mcp-contract'
import { unprocessable } from '../read-request.ts'

/** A key and the caller that sent it: two callers may use the same key. */
export interface IdempotencyKey {
  client: string
  key: string
}

interface Keyed<Row> {
  insert(key: string | null): PromiseLike<Row[]>
  find(key: string): PromiseLike<{ row: Row; request: unknown }[]>
}

/** Returns the stored row if the key was used before. @throws BadRequest 422 if that was with another request. */
export async function insertOnce<Row>(
  idempotencyKey: IdempotencyKey | undefined,
  request: unknown,
  table: Keyed<Row>,
): Promise<Row> {
  const key = idempotencyKey === undefined ? null : hash(idempotencyKey)
  const [inserted] = await table.insert(key)
  if (inserted) return inserted
  const [stored] = key === null ? [] : await table.find(key)
  if (!stored) throw new Error('a row is neither new nor stored')
  if (!isSameJson(stored.request, request)) {
    throw unprocessable('idempotency-key', 'was used before with another body')
  }
  return stored.row
}

/** Hashed because a header may exceed an index entry. The inner hash has a fixed length, so pairs stay distinct. */
function hash({ client, key }: IdempotencyKey): string {
  return sha256(`${sha256(key)}:${client}`)
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** Compares JSON values, not text: a retry over another surface may order its keys differently. */
const isSameJson = (stored: unknown, request: unknown) => isDeepStrictEqual(stored, parseJson(stringifyJson(request)))
