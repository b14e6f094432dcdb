import * as z from 'zod'

/** An enum value in a response of Core that the contract does not list. */
export interface UnlistedValue {
  enumName: string
  value: string
}

const listeners = new Set<(unlisted: UnlistedValue) => void>()

/** Calls `listener` for each unlisted enum value in a response; returns a function that unsubscribes. */
export function onUnlistedValue(listener: (unlisted: UnlistedValue) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/**
 * An enum in a response: any string is valid, so that Core can add values without an outage here. Unlisted values are
 * reported to `onUnlistedValue`.
 */
export function openEnum<Values extends Readonly<Record<string, string>>>(enumName: string, closed: z.ZodEnum<Values>) {
  type Open = Values[keyof Values] | (string & {})
  const listed = new Set<string>(closed.options)
  const schema = z
    .string()
    .superRefine((value) => {
      if (!listed.has(value)) for (const listener of listeners) listener({ enumName, value })
    })
    .meta({ 'x-extensible-enum': [...listed] })
  return schema as unknown as z.ZodType<Open, Open>
}
