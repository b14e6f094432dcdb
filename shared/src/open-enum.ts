import * as z from 'zod'

/** An enum value in an answer of Core's that the contract does not list. */
export interface UnlistedValue {
  enumName: string
  value: string
}

const listeners = new Set<(unlisted: UnlistedValue) => void>()

/** Calls `listener` whenever validation meets an unlisted enum value in an answer; returns the way to stop. */
export function onUnlistedValue(listener: (unlisted: UnlistedValue) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/**
 * The answer's side of an enum: any string passes, so that Core may grow without an outage here; values the contract
 * does not list are reported to `onUnlistedValue`.
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
