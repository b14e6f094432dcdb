/** The fields of a request's line that `readableRequest` puts into words. */
export const TOLD_IN_WORDS = [
  'surface',
  'procedure',
  'status',
  'code',
  'duration_ms',
  'core_attempts',
  'principal',
] as const

/**
 * A line of the log for a person: what the fields of a request say, or the message of any other line.
 * @param messageKey the field that holds the message
 */
export function readableRequest(line: Record<string, unknown>, messageKey: string): string {
  const { surface, procedure, status, code, duration_ms, core_attempts, principal } = line
  if (surface === undefined) return String(line[messageKey] ?? '')
  const attempts = Number(core_attempts) > 1 ? `${core_attempts} attempts` : undefined
  const duration = `${Number(duration_ms).toFixed(Number(duration_ms) < 10 ? 1 : 0)} ms`
  const words = [surface, procedure, status, code, duration, attempts, principal]
  return words.filter((word) => word !== undefined).join(' ')
}
