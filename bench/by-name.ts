/**
 * Those of `all` that are asked for, in their order: a whole name asks for one, a part for all that have it in theirs, no
 * part for everything.
 * @param what they are, for the error
 * @throws Error where a part is in no name.
 */
export function byName<T extends { name: string }>(all: readonly T[], parts: readonly string[], what: string): T[] {
  if (parts.length === 0) return [...all]
  const asked = new Set(parts.flatMap((part) => matches(all, part, what)))
  return all.filter((one) => asked.has(one))
}

function matches<T extends { name: string }>(all: readonly T[], part: string, what: string): T[] {
  const whole = all.filter(({ name }) => name === part)
  const found = whole.length > 0 ? whole : all.filter(({ name }) => name.includes(part))
  if (found.length > 0) return found
  throw new Error(`--${what}: “${part}” is in none of ${all.map(({ name }) => `“${name}”`).join(', ')}`)
}
