import type { JsonObject } from '@achilles/mcp-contract'
import type { AgentReport, AgentSource, HookContext, LogRecord, Span, Telemetry } from './agent-source.ts'
import { fingerprint, hashFields } from './event-id.ts'
import { readGenAiSpan, toModel } from './gen-ai-spans.ts'
import { countLines, countReplacement } from './line-counts.ts'
import {
  type Fields,
  parseFields,
  toCount,
  toFields,
  toFlag,
  toLength,
  toText,
  toTime,
  toWhole,
} from './read-values.ts'
import { createReport, type EventFacts, type SessionFacts } from './report.ts'
import { type FileEdit, HOOKS_OWN_CALLS, type ToolOutcome, type ToolUse, toolCall, toolResult } from './tool-events.ts'

const SERVICES = new Set<unknown>(['copilot-chat', 'github-copilot', 'copilot-cli', 'copilot'])

/**
 * GitHub Copilot: the CLI, and Copilot Chat in VS Code. Hooks report no id of a call, so hooks own what both channels report.
 * Log records repeat spans, but for what users decide about edits.
 */
export const copilot: AgentSource = {
  name: 'copilot',
  // Names in this spelling get the fields of VS Code, which include the name of the event.
  hooks: [
    'SessionStart',
    'UserPromptSubmit',
    'PreToolUse',
    'PostToolUse',
    'PostToolUseFailure',
    'Stop',
    'ErrorOccurred',
    'SessionEnd',
  ],
  readHook,
  recognizes: ({ name, scope, resource }: Telemetry) =>
    SERVICES.has(resource['service.name']) ||
    scope.startsWith('github.copilot') ||
    name.startsWith('copilot_chat.') ||
    name.startsWith('github.copilot.'),
  readLogRecord,
  readSpan: (span: Span) => readGenAiSpan(span, toSession(span), readToolSpan),
  besideHooks: HOOKS_OWN_CALLS,
}

function readHook(input: JsonObject, { receivedAt }: HookContext): AgentReport | undefined {
  const hook: Fields = input
  const timestamp = toTime(hook.timestamp) ?? receivedAt
  const session: SessionFacts = { source: 'copilot', id: hook.session_id, cwd: hook.cwd, agent: {} }
  const event = (kind: string, type: EventFacts['type'], facts: Partial<EventFacts>): AgentReport | undefined =>
    createReport(session, [{ id: [timestamp, kind], type, timestamp, ...facts }])

  switch (hook.hook_event_name) {
    case 'SessionStart':
      return event('start', 'custom', { payload: { kind: 'session_start', source: toText(hook.source) } })
    case 'SessionEnd': {
      const endStatus = hook.reason === 'error' ? 'failed' : hook.reason === 'abort' ? 'abandoned' : 'completed'
      const payload = { kind: 'session_end', reason: toText(hook.reason) }
      return createReport({ ...session, endStatus }, [{ id: [timestamp, 'end'], type: 'custom', timestamp, payload }])
    }
    case 'UserPromptSubmit':
      return event('prompt', 'agent_prompt', {
        payload: { prompt_length: toLength(hook.prompt) },
        content: { prompt: hook.prompt },
      })
    case 'Stop':
      return event('response', 'agent_response', {
        payload: { kind: 'turn_end', finish_reason: toText(hook.stop_reason) },
      })
    case 'ErrorOccurred': {
      const error = toFields(hook.error)
      return event('error', 'error', {
        payload: {
          kind: toText(hook.error_context),
          error_type: toText(error.name),
          recoverable: toFlag(hook.recoverable),
        },
        content: { error: error.message },
      })
    }
    case 'PreToolUse':
      return createReport(session, [toolCall(toUse(hook, timestamp))])
    case 'PostToolUse':
    case 'PostToolUseFailure':
      return createReport(session, toolResult(toUse(hook, timestamp), readOutcome(hook)))
    default:
      return undefined
  }
}

function toUse(hook: Fields, timestamp: string): ToolUse {
  const name = toText(hook.tool_name)
  const id = [timestamp, name ?? 'tool', hashFields(parseFields(hook.tool_input))]
  return { id, timestamp, name, input: hook.tool_input }
}

const SHELLS = new Set<unknown>(['bash', 'powershell', 'run_in_terminal', 'runInTerminal'])
const EDITORS = new Set<unknown>(['create', 'edit', 'create_file', 'replace_string_in_file', 'str_replace_editor'])
const EXIT_CODE = /<?exited with exit code ([0-9]{1,3})>?/

function readOutcome(hook: Fields): ToolOutcome {
  const input = parseFields(hook.tool_input)
  const result = toFields(hook.tool_result ?? hook.tool_response)
  const output = toWhole(result.text_result_for_llm)
  const success =
    hook.hook_event_name === 'PostToolUse' && (result.result_type === undefined || result.result_type === 'success')
  const exitCode = toCount(EXIT_CODE.exec(output.slice(-1024))?.[1])
  return {
    success,
    output: result.text_result_for_llm,
    error: hook.error,
    payload: { result_type: toText(result.result_type) },
    command: SHELLS.has(hook.tool_name)
      ? { line: toWhole(input.command), exitCode, success: success ? undefined : false }
      : undefined,
    edits: success && EDITORS.has(hook.tool_name) ? [readEdit(input)] : [],
  }
}

function readEdit(input: Fields): FileEdit {
  const path = toText(input.path ?? input.filePath, 4096)
  const text = input.file_text ?? input.content
  if (text !== undefined) {
    return { path, operation: 'create', lines_added: countLines(toWhole(text)), lines_removed: 0 }
  }
  const [before, after] = [input.old_str ?? input.oldString, input.new_str ?? input.newString]
  return { path, operation: 'update', ...countReplacement(toWhole(before), toWhole(after)) }
}

const toSession = ({ attributes, resource, traceId }: Span | LogRecord): SessionFacts => ({
  source: 'copilot',
  id:
    attributes['gen_ai.conversation.id'] ??
    attributes['copilot_chat.chat_session_id'] ??
    resource['session.id'] ??
    traceId,
  userId: attributes['user.name'],
  agent: { model: toModel(attributes), version: resource['service.version'] },
})

function readToolSpan(attributes: Fields): ToolOutcome {
  const edit = toText(attributes['github.copilot.tool.parameters.edit_type'])
  const path = toText(attributes['github.copilot.tool.parameters.file_path'], 4096)
  const line = toText(attributes['github.copilot.tool.parameters.command'], 4096)
  return {
    payload: { mcp_tool: toText(attributes['github.copilot.tool.parameters.mcp_tool_name']) },
    command: SHELLS.has(attributes['gen_ai.tool.name']) ? { line } : undefined,
    edits: edit ? [{ path, operation: edit === 'create' ? 'create' : 'update' }] : [],
  }
}

const DECISIONS = new Set(['copilot_chat.edit.feedback', 'copilot_chat.edit.hunk.action', 'copilot_chat.inline.done'])

function readLogRecord(record: LogRecord): AgentReport | undefined {
  const { attributes, name } = record
  const outcome = attributes.outcome ?? (toFlag(attributes.accepted) === false ? 'rejected' : 'accepted')
  if (!DECISIONS.has(name) || (outcome !== 'accepted' && outcome !== 'rejected')) return undefined
  return createReport(toSession(record), [
    {
      id: ['decision', fingerprint(record, record.timestamp)],
      type: outcome === 'accepted' ? 'suggestion_accepted' : 'suggestion_rejected',
      timestamp: record.timestamp,
      turn: toText(attributes.request_id),
      payload: {
        kind: name,
        language: toText(attributes.language_id),
        edit_surface: toText(attributes.edit_surface),
        lines_added: toCount(attributes.lines_added),
        lines_removed: toCount(attributes.lines_removed),
      },
    },
  ])
}
