import { parseJson, stringifyJson } from '@achilles/mcp-contract'
import { customType } from 'drizzle-orm/pg-core'

/** A `json` column that keeps every digit and every character; `jsonb` would refuse `\u0000` and round numbers. */
export const jsonText = <Data>() =>
  customType<{ data: Data; driverData: string }>({
    dataType: () => 'json',
    toDriver: stringifyJson,
    fromDriver: (text) => parseJson(text) as Data,
  })()
