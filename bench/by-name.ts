/**
 * Filters `all` by name, in its order: a full name selects one, a part of a name all that contain it, no part everything.
 * @param what the option's name, for the error
 * @throws Error if no name contains a part.
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
