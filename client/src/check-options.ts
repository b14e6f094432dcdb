import type { ProblemIssue } from '@achilles/mcp-contract'
import { badRequest } from './gateway-error.ts'

export type KnownKeys<Options> = Readonly<Record<keyof Required<Options>, true>>

export interface Rule {
  holds: (value: unknown) => boolean
  message: string
}

export type Rules<Options> = { readonly [Key in keyof Options]?: Rule }

export const count = (min: number): Rule => ({
  holds: (value) => (Number.isInteger(value) || value === Number.POSITIVE_INFINITY) && (value as number) >= min,
  message: `must be a whole number from ${min} up, or Infinity`,
})

/** Accepts `Infinity`: `startTimer` limits it. */
export const milliseconds = (min: number): Rule => ({
  holds: (value) => typeof value === 'number' && value >= min,
  message: `must be a number of milliseconds from ${min} up`,
})

export const FUNCTION: Rule = { holds: (value) => typeof value === 'function', message: 'must be a function' }

/** Finds unknown keys and invalid values below `path`. Messages never contain values, which may be secrets. */
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

/** @throws GatewayError naming each unknown key and each invalid value. */
export function checkOptions<Options extends object>(...args: Parameters<typeof getOptionIssues<Options>>): void {
  const issues = getOptionIssues(...args)
  if (issues.length > 0) throw badRequest(issues)
}

/** Suggests `idempotencyKey` for `idempotency-key` and `idempotencykey`. */
function suggestKey(key: string, known: readonly string[]): string {
  const meant = known.find((other) => toLetters(other) === toLetters(key))
  return meant === undefined ? '' : `; did you mean ${meant}?`
}

const toLetters = (key: string) => key.toLowerCase().replace(/[^a-z0-9]/g, '')
