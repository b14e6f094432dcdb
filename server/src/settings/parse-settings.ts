import type { z } from 'zod'

/** What an environment says of some settings. */
export interface ParsedSettings<Settings> {
  /** The variables that are set to something. */
  set: Readonly<Record<string, string | undefined>>
  /** Absent where a setting has a fault. */
  data: Settings | undefined
  /** One line for each fault. */
  faults: string[]
}

/** Reads settings out of an environment; an empty value counts as absent. */
export function parseSettings<Settings>(
  settings: z.ZodType<Settings>,
  environment: Readonly<Record<string, string | undefined>>,
): ParsedSettings<Settings> {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''))
  const { data, error } = settings.safeParse(set)
  return { set, data, faults: error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? [] }
}
