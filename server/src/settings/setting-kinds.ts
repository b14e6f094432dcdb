import { describeIssue } from '@achilles/mcp-contract'
import { z } from 'zod'

export const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)

/** Converts to milliseconds. */
export const seconds = (max: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, `must be a number of seconds above 0, at most ${max}`)
    .transform((value) => Number(value) * 1000)
    .refine((value) => value > 0 && value <= max * 1000, `must be a number of seconds above 0, at most ${max}`)

export const urlSetting = (...protocols: string[]) =>
  z.string().refine(
    (value) => {
      return URL.canParse(value) && protocols.includes(new URL(value).protocol)
    },
    `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  )

export const bareUrl = urlSetting('http:', 'https:').refine((value) => {
  if (!URL.canParse(value)) return true
  const { search, hash, username, password } = new URL(value)
  return !search && !hash && !username && !password
}, 'must have no query, no fragment and no user or password')

/** `fetch` rejects URLs with a user or password. */
export const fetchUrl = urlSetting('https:', 'http:').refine((value) => {
  if (!URL.canParse(value)) return true
  const { username, password } = new URL(value)
  return !username && !password
}, 'must have no user or password')

export const postgresUrl = urlSetting('postgres:', 'postgresql:')

/** Valid in a header after `Bearer`. */
export const apiKey = z.string().regex(/^[\x21-\x7e]+$/, 'must be visible ASCII without spaces')

export const LogLevel = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
export type LogLevel = z.infer<typeof LogLevel>

export interface ParsedSettings<Settings> {
  set: Readonly<Record<string, string | undefined>>
  data: Settings | undefined
  faults: string[]
}

/** An empty value counts as absent. */
export function parseSettings<Settings>(
  settings: z.ZodType<Settings>,
  environment: Readonly<Record<string, string | undefined>>,
): ParsedSettings<Settings> {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''))
  const { data, error } = settings.safeParse(set, { error: describeIssue })
  return { set, data, faults: error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [] }
}
