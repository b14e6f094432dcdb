/** The values of `EventType`. */
export const EVENT_TYPES = [
  'file_opened',
  'file_edited',
  'file_saved',
  'file_closed',
  'command_executed',
  'test_run',
  'build_run',
  'debug_run',
  'git_operation',
  'diagnostic_reported',
  'agent_prompt',
  'agent_response',
  'tool_call',
  'tool_result',
  'suggestion_shown',
  'suggestion_accepted',
  'suggestion_rejected',
  'error',
  'custom',
] as const

/** The values of `SourceType`. */
export const SOURCE_TYPES = ['ide', 'agent', 'cli', 'ci', 'system'] as const

/** The values of `AttributionSource`. */
export const ATTRIBUTION_SOURCES = ['human', 'agent', 'mixed', 'unknown'] as const
