export const FORMATTED_FIELDS = [
  'surface',
  'procedure',
  'status',
  'code',
  'duration_ms',
  'core_attempts',
  'principal',
] as const

/**
 * Formats a log line for a terminal: the main fields of a request, or the message of any other line.
 * @param messageKey the field with the message
 */
export function formatLogLine(line: Record<string, unknown>, messageKey: string): string {
  const { surface, procedure, status, code, duration_ms, core_attempts, principal } = line
  if (surface === undefined) return String(line[messageKey] ?? '')
  const attempts = Number(core_attempts) > 1 ? `${core_attempts} attempts` : undefined
  const duration = `${Number(duration_ms).toFixed(Number(duration_ms) < 10 ? 1 : 0)} ms`
  const words = [surface, procedure, status, code, duration, attempts, principal]
  return words.filter((word) => word !== undefined).join(' ')
}
