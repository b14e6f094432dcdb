import type { AgentSession } from '@achilles/agent-sources'
import { ID, type ProblemIssue } from '@achilles/mcp-contract'
import { requireScope } from '../../auth/require-scope.ts'
import { badRequest } from '../../errors/gateway-error.ts'
import type { GatewayContext } from '../../http/env.ts'
import type { Principal } from '../../http/principal.ts'
import type { Attributes } from './values.ts'

/** Sent by exporters if `OTEL_EXPORTER_OTLP_HEADERS` has them; they take precedence over resource attributes. */
const [WORKSPACE, USER, HOOKS] = ['x-achilles-workspace', 'x-achilles-user', 'x-achilles-hooks'] as const

export interface OtlpHeaders {
  workspace: string | undefined
  user: string | undefined
  hooks: string | undefined
}

export const getOtlpHeaders = (c: GatewayContext): OtlpHeaders => ({
  workspace: c.req.header(WORKSPACE),
  user: c.req.header(USER),
  hooks: c.req.header(HOOKS),
})

/** Whose session a record belongs to. */
export interface Owner {
  workspace: string
  user: string
}

const USER_ATTRIBUTES = ['user.email', 'enduser.id', 'user.id', 'user.name', 'process.owner']

/**
 * Finds the workspace: the header, else the resource attribute `achilles.workspace`, else the caller's only workspace.
 * And the user: the header, else `achilles.user`, else whom the agent or the resource names, else the caller.
 * @throws GatewayError 400 if there is no workspace or a value is no valid id, 403 outside the caller's workspaces.
 */
export function findOwner(
  headers: OtlpHeaders,
  resource: Attributes,
  { userId }: AgentSession,
  principal: Principal,
): Owner {
  const [onlyWorkspace, ...otherWorkspaces] = principal.workspaces ?? []
  const workspace =
    toText(headers.workspace) ??
    toText(resource['achilles.workspace']) ??
    (otherWorkspaces.length === 0 ? onlyWorkspace : undefined)
  if (workspace === undefined) throw badRequest([{ path: WORKSPACE, message: MISSING }])
  const user =
    toText(headers.user) ??
    toText(resource['achilles.user']) ??
    userId ??
    USER_ATTRIBUTES.map((name) => toText(resource[name])).find((user) => user !== undefined) ??
    (principal.anonymous ? 'unknown' : principal.name)
  const faults = [checkId(WORKSPACE, workspace), checkId(USER, user)].flat()
  if (faults.length > 0) throw badRequest(faults)
  requireScope(principal, { workspace_id: workspace })
  return { workspace, user }
}

const MISSING =
  'is missing: set it as a header (OTEL_EXPORTER_OTLP_HEADERS) or as the resource attribute achilles.workspace'

const toText = (value: Attributes[string] | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const checkId = (path: string, id: string): ProblemIssue[] =>
  ID.pattern.test(id) ? [] : [{ path, message: ID.message }]

/** Whether the agent's hooks are connected as well: the header, else the resource attribute `achilles.hooks`. */
export const hasHooks = (headers: OtlpHeaders, resource: Attributes): boolean =>
  String(headers.hooks ?? resource['achilles.hooks']) === 'true'
