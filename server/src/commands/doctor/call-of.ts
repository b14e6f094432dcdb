import { proceduresOf } from '../../procedures/procedures-of.ts'
import { appRouter } from '../../procedures/router.ts'

/** The call to Core that a procedure makes, e.g. `POST /mcp/sessions/resolve`. */
export function callOf(operation: string): string {
  const { core } = proceduresOf(appRouter).find((one) => one.operation === operation)?.meta ?? {}
  if (!core) throw new Error(`${operation} makes no call to Core`)
  return `${core.method} ${core.path}`
}
