import { z } from 'zod'

/** What settings can be: each reads the text of an environment variable. */

export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)

/** A number of seconds, as milliseconds. */
export const seconds = (max: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, `must be a number of seconds above 0, at most ${max}`)
    .transform((value) => Number(value) * 1000)
    .refine((value) => value > 0 && value <= max * 1000, `must be a number of seconds above 0, at most ${max}`)

export const urlOf = (...protocols: string[]) =>
  z.string().refine(
    (value) => {
      return URL.canParse(value) && protocols.includes(new URL(value).protocol)
    },
    `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  )

export const bareUrl = urlOf('http:', 'https:').refine((value) => {
  if (!URL.canParse(value)) return true
  const { search, hash, username, password } = new URL(value)
  return !search && !hash && !username && !password
}, 'must have no query, no fragment and no user or password')

/** What `fetch` can be called with: it rejects a URL with a user or password. */
export const fetchUrl = urlOf('https:', 'http:').refine((value) => {
  if (!URL.canParse(value)) return true
  const { username, password } = new URL(value)
  return !username && !password
}, 'must have no user or password')

export const postgresUrl = urlOf('postgres:', 'postgresql:')

/** What can stand in a header after `Bearer`. */
export const apiKey = z.string().regex(/^[\x21-\x7e]+$/, 'must be visible ASCII without spaces')

export const LogLevel = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
export type LogLevel = z.infer<typeof LogLevel>
