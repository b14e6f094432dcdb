import { homedir } from 'node:os'
import { join } from 'node:path'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where the command keeps its files. Everything in `state` is created with mode 0700 or 0600. */
export interface Folders {
  /** `connections.json`: what `achilles connect` was given. */
  config: string
  /** What is waiting to be sent, and logs. */
  state: string
}

/** The folders of the XDG base directory specification; on Windows those of the user's local application data. */
export function getFolders(env: Environment, platform: NodeJS.Platform = process.platform): Folders {
  const home = env.HOME || homedir()
  const local = platform === 'win32' ? env.LOCALAPPDATA || join(home, 'AppData', 'Local') : undefined
  const toFolder = (variable: string | undefined, fallback: string) =>
    join(isAbsolute(variable) ? variable : fallback, 'achilles')
  return {
    config: toFolder(env.XDG_CONFIG_HOME, local ?? join(home, '.config')),
    state: toFolder(env.XDG_STATE_HOME, local ?? join(home, '.local', 'state')),
  }
}

/** The specification ignores relative paths. */
const isAbsolute = (path: string | undefined): path is string =>
  path !== undefined && /^(?:\/|[A-Za-z]:[\\/])/.test(path)

export const toConnectionsFile = ({ config }: Folders): string => join(config, 'connections.json')
export const toInbox = ({ state }: Folders): string => join(state, 'inbox')
/** Present while the inbox is at its limit; hooks then record nothing. */
export const toInboxFull = ({ state }: Folders): string => join(state, 'inbox.full')
export const toLockFile = ({ state }: Folders): string => join(state, 'sender.lock')
export const toSessions = ({ state }: Folders): string => join(state, 'sessions')
export const toHookLog = ({ state }: Folders): string => join(state, 'hook.log')
export const toSenderLog = ({ state }: Folders): string => join(state, 'sender.log')
