/** Why a fetch failed: the system's word where it has one, since fetch itself only says that it failed. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message
}
