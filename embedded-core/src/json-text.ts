import { parseJson, stringifyJson } from '@achilles/mcp-contract'
import { customType } from 'drizzle-orm/pg-core'

/** A `json` column that keeps every digit and character; `jsonb` rejects `\u0000` and rounds numbers. */
export const jsonText = <Data>() =>
  customType<{ data: Data; driverData: string }>({
    dataType: () => 'json',
    toDriver: stringifyJson,
    fromDriver: (text) => parseJson(text) as Data,
  })()
