import { createHash, randomUUID } from 'node:crypto'
import type { AgentReport } from '@achilles/agent-sources'
import { type EventType, MCPEvent, toIssues } from '@achilles/mcp-contract'
import { startSender } from '../hook/start-sender.ts'
import { findRepository } from '../project/find-repository.ts'
import type { EndStatus } from '../sender/session-record.ts'
import type { Environment, Folders } from '../state/folders.ts'
import { putIntoInbox } from '../state/inbox.ts'
import { UsageError } from './usage-error.ts'

export interface RecordOptions {
  payload?: string
  session?: string
  file?: string
  language?: string
  duration?: string
  eventId?: string
  end?: EndStatus
  gateway?: string
  workspace?: string
  user?: string
}

export interface RecordContext {
  folders: Folders
  env: Environment
  cwd: string
  senderFile: string
}

/** Leaves one event to the sender, as hooks do. @returns the event's id @throws UsageError naming each invalid option */
export function record(
  eventType: string,
  options: RecordOptions,
  { folders, env, cwd, senderFile }: RecordContext,
): string {
  const timestamp = new Date().toISOString()
  const event_id = options.eventId ?? randomUUID()
  const event = {
    event_id,
    event_type: eventType as EventType,
    source_type: env.CI ? ('ci' as const) : ('cli' as const),
    timestamp,
    ...(options.file !== undefined && { file_path: options.file }),
    ...(options.language !== undefined && { language: options.language }),
    ...(options.duration !== undefined && { duration_ms: Number(options.duration) }),
    ...(options.payload !== undefined && { payload: parsePayload(options.payload) }),
  }
  const checked = MCPEvent.safeParse({ ...event, session_id: 'unknown' })
  if (!checked.success) throw new UsageError(toIssues(checked.error))
  const { session_id: _, ...valid } = checked.data
  const report: AgentReport = {
    session: { key: `cli:${toKey(options, env, cwd, timestamp)}`, cwd, ...(options.end && { endStatus: options.end }) },
    events: [{ ...valid, event_id, timestamp }],
  }
  const { gateway, workspace, user } = options
  const connection = {
    ...(gateway !== undefined && { gateway }),
    ...(workspace !== undefined && { workspace }),
    ...(user !== undefined && { user }),
  }
  putIntoInbox(folders, { source: 'cli', receivedAt: timestamp, cwd, report, connection })
  startSender(folders, senderFile, env)
  return event_id
}

function parsePayload(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {}
  throw new UsageError([{ path: '--payload', message: 'must be a JSON object' }])
}

/** The run of the CI system, else the repository and the day (UTC). */
function toKey({ session }: RecordOptions, env: Environment, cwd: string, timestamp: string): string {
  const named = session || env.ACHILLES_SESSION
  if (named) return named
  if (env.GITHUB_RUN_ID) return `github:${env.GITHUB_RUN_ID}:${env.GITHUB_RUN_ATTEMPT ?? 1}`
  if (env.CI_PIPELINE_ID) return `gitlab:${env.CI_PIPELINE_ID}`
  if (env.BUILD_TAG) return env.BUILD_TAG
  const root = findRepository(cwd)?.root ?? cwd
  return `${createHash('sha256').update(root).digest('hex').slice(0, 16)}:${timestamp.slice(0, 10)}`
}
