import type { CompleteEvent, EventType } from '@achilles/mcp-contract'
import { v7 } from 'uuid'

/** How often an agent at work sends each type, of twenty events. */
const TYPES: readonly EventType[] = [
  'agent_prompt',
  'tool_call',
  'tool_result',
  'file_opened',
  'file_edited',
  'file_edited',
  'file_saved',
  'tool_call',
  'tool_result',
  'file_edited',
  'file_saved',
  'command_executed',
  'diagnostic_reported',
  'test_run',
  'error',
  'suggestion_shown',
  'suggestion_rejected',
  'agent_response',
  'build_run',
  'git_operation',
]
const FILES = 500
const START = Date.parse('2026-03-02T09:00:00Z')
const INTERVAL_MS = 250

/** The nth event of a session, in order of time. All rules find insights among such events. */
export function sessionEvent(session_id: string, n: number): CompleteEvent {
  const event_type = TYPES[n % TYPES.length] ?? 'custom'
  return {
    event_id: v7(),
    event_type: event_type === 'suggestion_rejected' && n % 7 === 0 ? 'suggestion_accepted' : event_type,
    source_type: 'agent',
    session_id,
    timestamp: new Date(START + n * INTERVAL_MS).toISOString(),
    agent_id: 'reviewer',
    // Some files are edited more often than others.
    file_path: `src/module-${Math.floor(FILES * ((n * 0.618) % 1) ** 2)}/index.ts`,
    language: 'typescript',
    duration_ms: (n * 7919) % 70_000,
    attribution_source: 'agent',
    attribution_confidence: ((n * 31) % 100) / 100,
    payload: {
      status: n % 6 === 0 ? 'failed' : 'passed',
      operation: n % 400 === 19 ? 'revert' : 'commit',
      lines_added: n % 40,
      text: 'x'.repeat(n % 200),
    },
  }
}
