import { customType } from 'drizzle-orm/pg-core'

const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * A text column for ids. UTF-8 cannot encode a lone surrogate, so an id with one is stored as a JSON string literal. An id
 * that begins like such a literal is stored so too, which keeps ids distinct.
 */
export const idText = customType<{ data: string; driverData: string }>({
  dataType: () => 'text',
  toDriver: encodeId,
  fromDriver: (text) => (text.startsWith('"') ? (JSON.parse(text) as string) : text),
})

/** The text that `idText` stores for an id. It has no control characters, because ids have none. */
export function encodeId(id: string): string {
  return id.startsWith('"') || LONE_SURROGATE.test(id) ? JSON.stringify(id) : id
}
