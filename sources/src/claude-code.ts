import type { JsonObject } from '@achilles/mcp-contract'
import type { AgentReport, AgentSource, HookContext, LogRecord, Telemetry } from './agent-source.ts'
import { fingerprint } from './event-id.ts'
import { countHunks, countLines, countReplacements } from './line-counts.ts'
import { responsePayload } from './model-response.ts'
import { type Fields, toCount, toFields, toFlag, toLength, toList, toText, toTime, toWhole } from './read-values.ts'
import { createReport, type EventFacts, type SessionFacts } from './report.ts'
import {
  type FileEdit,
  finishedCall,
  identifiedUse,
  type ToolOutcome,
  type ToolUse,
  toolCall,
  toolResult,
} from './tool-events.ts'

const PREFIX = 'claude_code.'

/** Claude Code. Its `tool_use_id` and `prompt.id` are the same in hooks and in log records. */
export const claudeCode: AgentSource = {
  name: 'claude-code',
  hooks: [
    'SessionStart',
    'UserPromptSubmit',
    'PreToolUse',
    'PostToolUse',
    'PostToolUseFailure',
    'SubagentStart',
    'SubagentStop',
    'Stop',
    'SessionEnd',
  ],
  readHook,
  recognizes: ({ name, scope, resource }: Telemetry) =>
    scope.startsWith('com.anthropic.claude_code') ||
    resource['service.name'] === 'claude-code' ||
    name.startsWith(PREFIX),
  readLogRecord,
  // Telemetry has no file name and no command line, older hooks no id of the prompt. A hook reports the end of a turn,
  // telemetry each response of the model.
  besideHooks: { agent_prompt: 'drop', file_edited: 'drop', command_executed: 'drop', agent_response: 'custom' },
}

function readHook(input: JsonObject, { receivedAt }: HookContext): AgentReport | undefined {
  const hook: Fields = input
  const turn = toText(hook.prompt_id)
  const session: SessionFacts = {
    source: 'claude-code',
    id: hook.session_id,
    cwd: hook.cwd,
    agent: { model: toText(hook.model), subagentId: toText(hook.agent_id), subagentType: toText(hook.agent_type) },
  }
  const event = (
    id: readonly string[],
    type: EventFacts['type'],
    facts: Partial<EventFacts>,
  ): AgentReport | undefined => createReport(session, [{ id, type, timestamp: receivedAt, turn, ...facts }])

  switch (hook.hook_event_name) {
    case 'SessionStart': {
      const source = toText(hook.source) ?? 'startup'
      // A session starts once, but may be resumed several times.
      const id = source === 'startup' ? ['start'] : ['start', source, receivedAt]
      return event(id, 'custom', { payload: { kind: 'session_start', source } })
    }
    case 'SessionEnd': {
      const payload = { kind: 'session_end', reason: toText(hook.reason) }
      return createReport({ ...session, endStatus: 'completed' }, [
        { id: ['end', receivedAt], type: 'custom', timestamp: receivedAt, payload },
      ])
    }
    case 'UserPromptSubmit':
      return event([turn ?? receivedAt, 'prompt'], 'agent_prompt', {
        payload: { prompt_length: toLength(hook.prompt) },
        content: { prompt: hook.prompt },
      })
    case 'Stop': {
      // A hook may let the agent continue after it stopped.
      const id = [turn ?? receivedAt, 'response', ...(turn && hook.stop_hook_active === true ? [receivedAt] : [])]
      return event(id, 'agent_response', {
        payload: { kind: 'turn_end', response_length: toLength(hook.last_assistant_message) },
        content: { response: hook.last_assistant_message },
      })
    }
    case 'SubagentStart':
    case 'SubagentStop': {
      const kind = hook.hook_event_name === 'SubagentStart' ? 'subagent_start' : 'subagent_end'
      return event([toText(hook.agent_id) ?? receivedAt, kind], 'custom', { payload: { kind } })
    }
    case 'PreToolUse':
      return createReport(session, [toolCall(identifiedUse(hook, receivedAt, turn))])
    case 'PostToolUse':
    case 'PostToolUseFailure':
      return createReport(session, toolResult(identifiedUse(hook, receivedAt, turn), readOutcome(hook)))
    default:
      return undefined
  }
}

const EXIT_CODE = /^(?:Error: )?Exit code ([0-9]{1,3})\b/

function readOutcome(hook: Fields): ToolOutcome {
  const success = hook.hook_event_name === 'PostToolUse'
  const input = toFields(hook.tool_input)
  const response = toFields(hook.tool_response)
  const error = toText(hook.error, 65_536)
  const exitCode = success ? 0 : toCount(EXIT_CODE.exec(error ?? '')?.[1])
  const isCommand = hook.tool_name === 'Bash' || hook.tool_name === 'PowerShell'
  // What runs in the background has not ended.
  const hasEnded = input.run_in_background !== true
  return {
    success,
    durationMs: toCount(hook.duration_ms),
    output: hook.tool_response,
    error,
    payload: { interrupted: toFlag(hook.is_interrupt) },
    command: isCommand
      ? { line: toText(input.command, 65_536) ?? '', ...(hasEnded && { exitCode, success }) }
      : undefined,
    edits: success ? readEdits(hook.tool_name, input, response) : [],
  }
}

function readEdits(tool: unknown, input: Fields, response: Fields): FileEdit[] {
  const path = toText(input.file_path ?? input.notebook_path ?? response.filePath, 4096)
  switch (tool) {
    case 'Write': {
      const operation = response.type === 'update' ? 'update' : 'create'
      const whole = { lines_added: countLines(toWhole(input.content)), lines_removed: 0 }
      return [{ path, operation, ...(countHunks(response.structuredPatch) ?? whole) }]
    }
    case 'Edit':
    case 'MultiEdit': {
      const edits = tool === 'Edit' ? [input] : toList(input.edits).map(toFields)
      return [{ path, operation: 'update', ...(countHunks(response.structuredPatch) ?? countReplacements(edits)) }]
    }
    case 'NotebookEdit':
      return [{ path, operation: 'update' }]
    default:
      return []
  }
}

function readLogRecord(record: LogRecord): AgentReport | undefined {
  const { attributes, resource } = record
  const timestamp = toTime(attributes['event.timestamp']) ?? record.timestamp
  const turn = toText(attributes['prompt.id'])
  const session: SessionFacts = {
    source: 'claude-code',
    id: attributes['session.id'],
    userId: attributes['user.email'] ?? attributes['user.id'],
    agent: {
      model: attributes.model,
      version: resource['service.version'],
      subagentType: toText(attributes['agent.name']),
    },
  }
  const unique = fingerprint(record, timestamp)
  const durationMs = toCount(attributes.duration_ms)

  switch (record.name.startsWith(PREFIX) ? record.name.slice(PREFIX.length) : record.name) {
    case 'user_prompt':
      return createReport(session, [
        {
          id: [turn ?? unique, 'prompt'],
          type: 'agent_prompt',
          timestamp,
          turn,
          payload: { prompt_length: toCount(attributes.prompt_length) },
          content: { prompt: attributes.prompt === '<REDACTED>' ? undefined : attributes.prompt },
        },
      ])
    case 'api_request':
      return createReport(session, [
        {
          id: ['model', toText(attributes.request_id) ?? unique],
          type: 'agent_response',
          timestamp,
          turn,
          durationMs,
          payload: responsePayload({
            input_tokens: attributes.input_tokens,
            output_tokens: attributes.output_tokens,
            cached_tokens: attributes.cache_read_tokens,
            cache_creation_tokens: attributes.cache_creation_tokens,
            cost_usd: attributes.cost_usd,
          }),
        },
      ])
    case 'api_error':
      return createReport(session, [
        {
          id: ['error', unique],
          type: 'error',
          timestamp,
          turn,
          durationMs,
          payload: {
            kind: 'model_request',
            status_code: toCount(attributes.status_code),
            attempt: toCount(attributes.attempt),
          },
          content: { error: attributes.error },
        },
      ])
    case 'tool_decision':
      return createReport(session, [
        toolCall(toTelemetryUse(attributes, timestamp, turn, unique), { decision: toText(attributes.decision) }),
      ])
    case 'tool_result':
      return createReport(
        session,
        finishedCall(toTelemetryUse(attributes, timestamp, turn, unique), toOutcome(attributes)),
      )
    default:
      return undefined
  }
}

function toTelemetryUse(attributes: Fields, timestamp: string, turn: string | undefined, unique: string): ToolUse {
  const id = toText(attributes.tool_use_id, 1024) ?? unique
  return { id: ['tool', id], timestamp, turn, name: toText(attributes.tool_name) }
}

function toOutcome(attributes: Fields): ToolOutcome {
  const success = toFlag(attributes.success)
  const tool = attributes.tool_name
  const isEdit = tool === 'Write' || tool === 'Edit' || tool === 'MultiEdit' || tool === 'NotebookEdit'
  return {
    success,
    durationMs: toCount(attributes.duration_ms),
    error: attributes.error,
    payload: { error_type: toText(attributes.error_type) },
    command: tool === 'Bash' || tool === 'PowerShell' ? { exitCode: success ? 0 : undefined, success } : undefined,
    edits: isEdit && success ? [{}] : [],
  }
}
