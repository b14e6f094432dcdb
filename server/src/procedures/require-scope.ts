import { isPlainObject, type ProblemIssue } from '@achilles/mcp-contract'
import type { Principal } from '../gate/principal.ts'
import { detailOf, GatewayError } from '../problem/gateway-error.ts'

/**
 * Lets a principal that is limited to workspaces name only those, at the top of what goes to Core or in an event.
 * @throws GatewayError 403 with the path of every workspace that is not covered.
 */
export function requireScope({ name, workspaces }: Principal, body: unknown): void {
  if (!workspaces || !isPlainObject(body)) return
  const issues: ProblemIssue[] = []
  const look = (value: unknown, path: string) => {
    if (!isPlainObject(value) || typeof value.workspace_id !== 'string' || workspaces.includes(value.workspace_id))
      return
    issues.push({ path, message: `${name} has no access to workspace ${value.workspace_id}` })
  }
  look(body, 'workspace_id')
  const { events } = body
  if (Array.isArray(events)) for (const [index, event] of events.entries()) look(event, `events[${index}].workspace_id`)
  if (issues.length > 0) throw new GatewayError('FORBIDDEN', detailOf(issues), { issues })
}
