import { existsSync } from 'node:fs'
import { listSessions, type SessionRecord } from '../sender/session-record.ts'
import { DEFAULT_GATEWAY } from '../state/connections.ts'
import { type Folders, toConnectionsFile, toHookLog, toInboxFull, toLockFile, toSenderLog } from '../state/folders.ts'
import { listInbox } from '../state/inbox.ts'
import { readLock } from '../state/sender-lock.ts'
import { readStoredConnections } from '../state/store-connections.ts'

/** What `achilles status --json` prints. */
export interface Status {
  sender: { running: boolean; pid?: number }
  /** Reports that no sender has read yet. */
  inbox: { waiting: number; full: boolean }
  /** Everything that Core has not accepted yet, as far as the sender has counted it. */
  pending: number
  connections: {
    source: string
    gateway: string
    content: boolean
    workspace?: string
    user?: string
    files: string[]
  }[]
  /** The newest first. */
  sessions: SessionStatus[]
  lastError?: { at: string; message: string; session: string }
  paths: { state: string; connections: string; hookLog: string; senderLog: string }
}

type SessionStatus = Pick<
  SessionRecord,
  'key' | 'source' | 'gateway' | 'startTime' | 'lastTime' | 'counts' | 'lastError'
> & {
  workspace: string
  user: string
  root: string
  /** `active` until the end was reported. */
  status: string
}

export function getStatus(folders: Folders): Status {
  const holder = readLock(toLockFile(folders))
  const sessions = [...listSessions(folders).values()]
    .sort((one, other) => (one.receivedAt < other.receivedAt ? 1 : -1))
    .map(toSessionStatus)
  const waiting = listInbox(folders).length
  const [lastError] = sessions
    .flatMap(({ key, lastError }) => (lastError ? [{ ...lastError, session: key }] : []))
    .sort((one, other) => (one.at < other.at ? 1 : -1))
  return {
    sender: { running: holder !== undefined, ...(holder && { pid: holder.pid }) },
    inbox: { waiting, full: existsSync(toInboxFull(folders)) },
    pending: waiting + sessions.reduce((sum, { counts }) => sum + counts.pending, 0),
    connections: Object.entries(readStoredConnections(folders)).map(
      ([source, { gateway = DEFAULT_GATEWAY, content = false, workspace, user, files = [] }]) => ({
        source,
        gateway,
        content,
        ...(workspace !== undefined && { workspace }),
        ...(user !== undefined && { user }),
        files: files.map(({ path }) => path),
      }),
    ),
    sessions,
    ...(lastError && { lastError }),
    paths: {
      state: folders.state,
      connections: toConnectionsFile(folders),
      hookLog: toHookLog(folders),
      senderLog: toSenderLog(folders),
    },
  }
}

function toSessionStatus({
  key,
  source,
  gateway,
  startTime,
  lastTime,
  counts,
  lastError,
  identity,
  end,
  ended,
}: SessionRecord) {
  return {
    key,
    source,
    gateway,
    startTime,
    lastTime,
    counts,
    ...(lastError && { lastError }),
    workspace: identity.workspace_id,
    user: identity.user_id,
    root: identity.workspace_root,
    status: end && ended ? end.status : 'active',
  }
}

const MAX_SESSIONS = 20

/** For a person. */
export function formatStatus({ sender, inbox, pending, connections, sessions, lastError, paths }: Status): string {
  const lines = [
    `sender       ${sender.running ? `running, pid ${sender.pid}` : 'not running; the next hook starts it'}`,
    `pending      ${pending}${inbox.waiting > 0 ? `, of which ${inbox.waiting} reports in the inbox` : ''}`,
    ...(inbox.full ? ['             the inbox is full: hooks record nothing until the gateway can be reached'] : []),
    `last error   ${lastError ? `${lastError.at} ${lastError.session}: ${lastError.message}` : 'none'}`,
    `state        ${paths.state}`,
    `logs         ${paths.hookLog}, ${paths.senderLog}`,
    `settings     ${paths.connections}`,
    '',
    connections.length === 0 ? 'No connections: achilles connect --help' : 'Connections',
    ...connections.map(
      ({ source, gateway, content, workspace, user }) =>
        `  ${source.padEnd(12)} ${gateway}, content ${content ? 'on' : 'off'}${workspace ? `, workspace ${workspace}` : ''}${user ? `, user ${user}` : ''}`,
    ),
    '',
    sessions.length === 0 ? 'No sessions' : 'Sessions',
    ...sessions.slice(0, MAX_SESSIONS).map(formatSession),
    ...(sessions.length > MAX_SESSIONS
      ? [`  and ${sessions.length - MAX_SESSIONS} older ones: --json lists them`]
      : []),
  ]
  return lines.join('\n')
}

function formatSession({ key, status, workspace, counts, lastTime, lastError }: SessionStatus): string {
  const { accepted, duplicate, failed, dropped, pending } = counts
  const parts = [
    `${accepted} accepted`,
    ...(duplicate > 0 ? [`${duplicate} duplicate`] : []),
    ...(failed > 0 ? [`${failed} rejected`] : []),
    ...(dropped > 0 ? [`${dropped} dropped`] : []),
    `${pending} pending`,
  ]
  const error = lastError && pending > 0 ? `\n    ${lastError.message}` : ''
  return `  ${key}  ${status}, ${workspace}, until ${lastTime}: ${parts.join(', ')}${error}`
}
