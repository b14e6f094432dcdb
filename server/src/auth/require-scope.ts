import { isPlainObject, type ProblemIssue } from '@achilles/mcp-contract'
import { formatIssues, GatewayError } from '../errors/gateway-error.ts'
import type { Principal } from '../http/principal.ts'

/**
 * Checks each `workspace_id` at the top level of a body and in its events.
 * @throws GatewayError 403 with the path of every workspace that the principal has no access to.
 */
export function requireScope({ name, workspaces }: Principal, body: unknown): void {
  if (!workspaces || !isPlainObject(body)) return
  const issues: ProblemIssue[] = []
  const check = (value: unknown, path: string) => {
    if (!isPlainObject(value) || typeof value.workspace_id !== 'string' || workspaces.includes(value.workspace_id))
      return
    issues.push({ path, message: `${name} has no access to workspace ${value.workspace_id}` })
  }
  check(body, 'workspace_id')
  const { events } = body
  if (Array.isArray(events))
    for (const [index, event] of events.entries()) check(event, `events[${index}].workspace_id`)
  if (issues.length > 0) throw new GatewayError('FORBIDDEN', formatIssues(issues), { issues })
}
