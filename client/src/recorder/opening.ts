import {
  type MCPHandshakeRequest,
  type MCPProjectResolve,
  type MCPSessionCreate,
  parseJson,
  stringifyJson,
  toIsoString,
} from '@achilles/mcp-contract'

/** The client, the user and the session. */
export interface SessionIdentity
  extends Omit<MCPHandshakeRequest, 'workspace_root'>,
    Omit<MCPSessionCreate, 'start_time' | 'project_id'> {
  user_id: string
  workspace_id: string
  /** @default now */
  start_time?: MCPSessionCreate['start_time']
}

/** The project of the workspace. */
export interface WorkspaceProject extends Omit<MCPProjectResolve, 'workspace_id' | 'create_if_missing'> {
  /** Creates the project if the workspace has none. @default false */
  create_project?: boolean
}

/** Without `workspace_root` there is no project, and no option about one. */
export interface NoProject {
  workspace_root?: undefined
  vcs_remote_url?: undefined
  labels?: undefined
  create_project?: false | undefined
}

/** The inputs of the calls that open a session, in order. */
export interface Opening {
  handshake: MCPHandshakeRequest
  project?: MCPProjectResolve
  session: Omit<MCPSessionCreate, 'project_id'>
}

/** The session starts now unless the options say otherwise. */
export function toOpening(options: SessionIdentity & (WorkspaceProject | NoProject)): Opening {
  const { workspace_root, start_time = new Date(), create_project: create_if_missing = false } = options
  return {
    handshake: pick(
      options,
      ...(['client_name', 'client_version', 'ide_name', 'ide_version', 'protocol_version', 'capabilities'] as const),
      ...(['workspace_id', 'workspace_root', 'user_id'] as const),
    ),
    ...(workspace_root !== undefined && {
      project: { ...pick(options, 'workspace_id', 'vcs_remote_url', 'labels'), workspace_root, create_if_missing },
    }),
    session: {
      ...pick(options, 'external_session_key', 'user_id', 'workspace_id', 'tags', 'config_snapshot'),
      start_time: toIsoString(start_time) as string,
    },
  }
}

export const writeOpening = (opening: Opening): string => stringifyJson(opening)

export const readOpening = (json: string): Opening => parseJson(json) as Opening

/** Whether both open the same session of Core. */
export const isSameSession = ({ session: one }: Opening, { session: other }: Opening): boolean =>
  one.external_session_key === other.external_session_key &&
  one.workspace_id === other.workspace_id &&
  one.user_id === other.user_id

/** Only these fields, and only those that are set: the gateway rejects others. */
function pick<From extends object, Key extends keyof From>(from: From, ...keys: Key[]): Pick<From, Key> {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]])) as Pick<
    From,
    Key
  >
}
