import { ID } from '@achilles/mcp-contract'
import type { CallOptions } from './call-context.ts'
import { FUNCTION, getOptionIssues, type KnownKeys, type Rule, type Rules } from './check-options.ts'
import { badRequest } from './gateway-error.ts'
import { RECORDER_RULES } from './recorder/recorder-options.ts'
import type { EndOptions, Session, SessionOptions } from './session.ts'
import type { Spool } from './spool/spool.ts'
import type { WatchOptions } from './watch/insight-watch.ts'

const SESSION_OPTIONS: KnownKeys<SessionOptions> = {
  client_name: true,
  client_version: true,
  ide_name: true,
  ide_version: true,
  protocol_version: true,
  capabilities: true,
  workspace_id: true,
  workspace_root: true,
  user_id: true,
  external_session_key: true,
  tags: true,
  config_snapshot: true,
  start_time: true,
  vcs_remote_url: true,
  labels: true,
  create_project: true,
  spool: true,
  flushIntervalMs: true,
  maxPending: true,
  maxPendingBytes: true,
  beforeSend: true,
  onFailed: true,
  onDropped: true,
  onError: true,
  onStateChange: true,
}

const SIGNAL: Rule = { holds: (value) => hasMethods(value, 'throwIfAborted'), message: 'must be an AbortSignal' }

const TEXT: Rule = { holds: (value) => typeof value === 'string', message: 'must be a string' }
const IDENTIFIER: Rule = {
  holds: (value) => typeof value === 'string' && ID.pattern.test(value),
  message: `must be a string: ${ID.message}`,
}

const RULES: Rules<SessionOptions> = {
  client_name: TEXT,
  client_version: TEXT,
  workspace_id: IDENTIFIER,
  user_id: IDENTIFIER,
  external_session_key: IDENTIFIER,
  create_project: { holds: (value) => typeof value === 'boolean', message: 'must be true or false' },
  spool: {
    holds: (value) => hasMethods(value, ...(['recover', 'append', 'remove', 'close'] satisfies (keyof Spool)[])),
    message: 'must be a Spool',
  },
  ...RECORDER_RULES,
}

const REQUIRED = ['client_name', 'client_version', 'workspace_id', 'user_id', 'external_session_key'] as const

function hasMethods(value: unknown, ...names: string[]): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  )
}

/** Checks options that are never sent to the gateway. @throws GatewayError naming each invalid option. */
export function checkSessionOptions(options: SessionOptions): void {
  const issues = getOptionIssues(options, SESSION_OPTIONS, RULES)
  for (const path of REQUIRED) if (options[path] === undefined) issues.push({ path, message: 'is required' })
  const ofProject = ['create_project', 'vcs_remote_url', 'labels'] as const
  if (options.workspace_root === undefined) {
    for (const path of ofProject) {
      if (options[path] !== undefined && options[path] !== false) issues.push({ path, message: 'needs workspace_root' })
    }
  }
  if (issues.length > 0) throw badRequest(issues)
}

export const SIGNAL_OPTIONS: KnownKeys<Pick<CallOptions, 'signal'>> = { signal: true }
export const SIGNAL_RULES: Rules<Pick<CallOptions, 'signal'>> = { signal: SIGNAL }

export const WATCH_RULES: Rules<WatchOptions> = { onInsight: FUNCTION, onError: FUNCTION, ...SIGNAL_RULES }

export const WATCH_OPTIONS: KnownKeys<WatchOptions> = { onInsight: true, onError: true, since: true, signal: true }

export const END_OPTIONS: KnownKeys<EndOptions> = { end_time: true, deadlineMs: true }

export const CLOSE_OPTIONS: KnownKeys<Pick<EndOptions, 'deadlineMs'>> = { deadlineMs: true }

/** Callers pass what is left of another deadline, so a negative value is valid and counts as 0. */
export const DEADLINE_RULES: Rules<Pick<EndOptions, 'deadlineMs'>> = {
  deadlineMs: {
    holds: (value) => typeof value === 'number' && !Number.isNaN(value),
    message: 'must be a number of milliseconds',
  },
}

export const SNAPSHOT_OPTIONS: KnownKeys<NonNullable<Parameters<Session['snapshot']>[2]>> = { captured_at: true }
