import { customType } from 'drizzle-orm/pg-core'

const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * A text column for ids. UTF-8 has no lone surrogates, so an id that holds one is kept as a JSON string literal, and so
 * is an id that looks like such a literal: no two ids ever become one.
 */
export const idText = customType<{ data: string; driverData: string }>({
  dataType: () => 'text',
  toDriver: encodeId,
  fromDriver: (text) => (text.startsWith('"') ? (JSON.parse(text) as string) : text),
})

/** The text under which `idText` keeps an id; free of control characters, as ids are. */
export function encodeId(id: string): string {
  return id.startsWith('"') || LONE_SURROGATE.test(id) ? JSON.stringify(id) : id
}
