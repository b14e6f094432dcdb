import type { ProblemIssue } from '@achilles/mcp-contract'
import { badRequest } from './gateway-error.ts'

/** The keys that options may have, each true. */
export type KnownKeys<Options> = Readonly<Record<keyof Required<Options>, true>>

/** What a field must be, and how that is said. */
export interface Rule {
  holds: (value: unknown) => boolean
  message: string
}

/** The rules that some fields must keep to where they are set. */
export type Rules<Options> = { readonly [Key in keyof Options]?: Rule }

/** A whole number from `min` up, or `Infinity`. */
export const count = (min: number): Rule => ({
  holds: (value) => (Number.isInteger(value) || value === Number.POSITIVE_INFINITY) && (value as number) >= min,
  message: `must be a whole number from ${min} up, or Infinity`,
})

/** A duration, `Infinity` included: timers are bounded where they start. */
export const milliseconds = (min: number): Rule => ({
  holds: (value) => typeof value === 'number' && value >= min,
  message: `must be a number of milliseconds from ${min} up`,
})

export const FUNCTION: Rule = { holds: (value) => typeof value === 'function', message: 'must be a function' }

/**
 * What is wrong with options: keys that nobody would read, and values that break their rule. `path` is where the options
 * are. Values are never repeated, since they may be secrets.
 */
export function getOptionIssues<Options extends object>(
  options: Options,
  known: KnownKeys<Options>,
  rules: Rules<Options> = {},
  path = '',
): ProblemIssue[] {
  const at = (key: string) => (path === '' ? key : `${path}.${key}`)
  const unknown = Object.keys(options)
    .filter((key) => !Object.hasOwn(known, key))
    .map((key) => ({ path: at(key), message: `is not known${suggestKey(key, Object.keys(known))}` }))
  const broken = Object.entries<Rule | undefined>(rules as Record<string, Rule>)
    .filter(([key, rule]) => {
      const value = (options as Record<string, unknown>)[key]
      return value !== undefined && !rule?.holds(value)
    })
    .map(([key, rule]) => ({ path: at(key), message: rule?.message ?? '' }))
  return [...unknown, ...broken]
}

/** @throws GatewayError naming each key that is not known and each value that breaks its rule. */
export function checkOptions<Options extends object>(...args: Parameters<typeof getOptionIssues<Options>>): void {
  const issues = getOptionIssues(...args)
  if (issues.length > 0) throw badRequest(issues)
}

/** `idempotency-key` and `idempotencykey` are both meant to be `idempotencyKey`. */
function suggestKey(key: string, known: readonly string[]): string {
  const meant = known.find((other) => toLetters(other) === toLetters(key))
  return meant === undefined ? '' : `; did you mean ${meant}?`
}

const toLetters = (key: string) => key.toLowerCase().replace(/[^a-z0-9]/g, '')
