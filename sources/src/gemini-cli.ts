import type { JsonObject } from '@achilles/mcp-contract'
import type { AgentReport, AgentSource, HookContext, LogRecord, Telemetry } from './agent-source.ts'
import { fingerprint, hashFields } from './event-id.ts'
import { countLines, countReplacement } from './line-counts.ts'
import { responsePayload } from './model-response.ts'
import {
  type Fields,
  parseFields,
  toCount,
  toFields,
  toFlag,
  toLength,
  toList,
  toText,
  toTime,
  toWhole,
} from './read-values.ts'
import { createReport, type EventFacts, type SessionFacts } from './report.ts'
import {
  type FileEdit,
  finishedCall,
  HOOKS_OWN_CALLS,
  type ToolOutcome,
  type ToolUse,
  toolCall,
  toolResult,
} from './tool-events.ts'

const PREFIX = 'gemini_cli.'

/**
 * Gemini CLI. Hooks and log records have only the session's id in common, so hooks own what both report. Its spans report the
 * same calls as the log records and are left out.
 */
export const geminiCli: AgentSource = {
  name: 'gemini-cli',
  hooks: ['SessionStart', 'BeforeAgent', 'BeforeTool', 'AfterTool', 'AfterAgent', 'SessionEnd'],
  readHook,
  recognizes: ({ name, resource }: Telemetry) => name.startsWith(PREFIX) || resource['service.name'] === 'gemini-cli',
  readLogRecord,
  besideHooks: HOOKS_OWN_CALLS,
}

function readHook(input: JsonObject, { receivedAt }: HookContext): AgentReport | undefined {
  const hook: Fields = input
  // Of the event, not of the call: two hooks of one event have the same.
  const timestamp = toTime(hook.timestamp) ?? receivedAt
  const session: SessionFacts = { source: 'gemini-cli', id: hook.session_id, cwd: hook.cwd, agent: {} }
  const event = (kind: string, type: EventFacts['type'], facts: Partial<EventFacts>): AgentReport | undefined =>
    createReport(session, [{ id: [timestamp, kind], type, timestamp, ...facts }])

  switch (hook.hook_event_name) {
    case 'SessionStart':
      return event('start', 'custom', { payload: { kind: 'session_start', source: toText(hook.source) } })
    case 'SessionEnd': {
      const payload = { kind: 'session_end', reason: toText(hook.reason) }
      return createReport({ ...session, endStatus: 'completed' }, [
        { id: [timestamp, 'end'], type: 'custom', timestamp, payload },
      ])
    }
    case 'BeforeAgent':
      return event('prompt', 'agent_prompt', {
        payload: { prompt_length: toLength(hook.prompt) },
        content: { prompt: hook.prompt },
      })
    case 'AfterAgent':
      return event('response', 'agent_response', {
        payload: { kind: 'turn_end', response_length: toLength(hook.prompt_response) },
        content: { response: hook.prompt_response },
      })
    case 'BeforeTool':
      return createReport(session, [toolCall(toUse(hook, timestamp), toMcp(hook))])
    case 'AfterTool':
      return createReport(session, toolResult(toUse(hook, timestamp), readOutcome(hook)))
    default:
      return undefined
  }
}

function toUse(hook: Fields, timestamp: string): ToolUse {
  const name = toText(hook.tool_name)
  const id = [timestamp, name ?? 'tool', hashFields(toFields(hook.tool_input))]
  return { id, timestamp, name, input: hook.tool_input }
}

const toMcp = (hook: Fields) => ({ mcp_server: toText(toFields(hook.mcp_context).server_name) })

// At the start of a line near the end of what the shell tool returns to the model.
const EXIT_CODE = /^Exit Code: ([0-9]{1,3})$/m

function readOutcome(hook: Fields): ToolOutcome {
  const input = toFields(hook.tool_input)
  const response = toFields(hook.tool_response)
  const failed = response.error !== undefined && response.error !== null
  const success = !failed
  const exitCode = toCount(EXIT_CODE.exec(toWhole(response.llmContent).slice(-4096))?.[1])
  const isShell = hook.tool_name === 'run_shell_command'
  const isBackground = input.is_background === true
  return {
    success,
    output: response.llmContent,
    error: response.error,
    payload: { ...toMcp(hook), error_type: toText(toFields(response.error).type) },
    command: isShell
      ? { line: toWhole(input.command), exitCode: exitCode ?? (success && !isBackground ? 0 : undefined) }
      : undefined,
    edits: success ? readEdits(hook.tool_name, input, response) : [],
  }
}

function readEdits(tool: unknown, input: Fields, response: Fields): FileEdit[] {
  if (tool !== 'write_file' && tool !== 'replace') return []
  const display = toFields(response.returnDisplay)
  const path = toText(display.filePath ?? input.file_path, 4096)
  const operation = display.isNewFile === true ? 'create' : 'update'
  const counts = readDiffStat(toFields(display.diffStat)) ?? countInput(tool, input)
  return [{ path, operation, ...counts }]
}

function readDiffStat({ model_added_lines, model_removed_lines }: Fields) {
  const [lines_added, lines_removed] = [toCount(model_added_lines), toCount(model_removed_lines)]
  return lines_added === undefined || lines_removed === undefined ? undefined : { lines_added, lines_removed }
}

const countInput = (tool: unknown, input: Fields) =>
  tool === 'write_file'
    ? { lines_added: countLines(toWhole(input.content)), lines_removed: 0 }
    : countReplacement(toWhole(input.old_string), toWhole(input.new_string))

function readLogRecord(record: LogRecord): AgentReport | undefined {
  const { attributes } = record
  const timestamp = toTime(attributes['event.timestamp']) ?? record.timestamp
  const turn = toText(attributes.prompt_id)
  const session: SessionFacts = {
    source: 'gemini-cli',
    id: attributes['session.id'] ?? record.resource['session.id'],
    userId: attributes['user.email'],
    agent: { model: attributes.model },
  }
  const unique = fingerprint(record, timestamp)
  const durationMs = toCount(attributes.duration_ms)

  switch (record.name.startsWith(PREFIX) ? record.name.slice(PREFIX.length) : '') {
    case 'user_prompt':
      return createReport(session, [
        {
          id: [unique, 'prompt'],
          type: 'agent_prompt',
          timestamp,
          turn,
          payload: { prompt_length: toCount(attributes.prompt_length) },
          content: { prompt: attributes.prompt },
        },
      ])
    case 'api_response':
      return createReport(session, [
        {
          id: [unique, 'model'],
          type: 'agent_response',
          timestamp,
          turn,
          durationMs,
          payload: responsePayload(
            {
              input_tokens: attributes.input_token_count,
              output_tokens: attributes.output_token_count,
              cached_tokens: attributes.cached_content_token_count,
              reasoning_tokens: attributes.thoughts_token_count,
              total_tokens: attributes.total_token_count,
            },
            toList(attributes.finish_reasons)[0],
          ),
          content: { response: attributes.response_text },
        },
      ])
    case 'api_error':
      return createReport(session, [
        {
          id: [unique, 'error'],
          type: 'error',
          timestamp,
          turn,
          durationMs,
          payload: {
            kind: 'model_request',
            status_code: toCount(attributes.status_code),
            error_type: toText(attributes['error.type']),
          },
          content: { error: attributes['error.message'] ?? attributes.error },
        },
      ])
    case 'tool_call':
      return createReport(
        session,
        readToolCall(attributes, { id: [unique], timestamp, turn, name: undefined }, durationMs),
      )
    default:
      return undefined
  }
}

function readToolCall(attributes: Fields, use: ToolUse, durationMs: number | undefined): EventFacts[] {
  const name = toText(attributes.function_name)
  const input = parseFields(attributes.function_args)
  const success = toFlag(attributes.success)
  const metadata = parseFields(attributes.metadata)
  const isEdit = success && (name === 'write_file' || name === 'replace')
  const path = toText(input.file_path, 4096)
  // Only one other than 0 is reported, and neither if prompts are not logged.
  const exitCode = toCount(metadata.exitCode) ?? (success && attributes.function_args !== undefined ? 0 : undefined)
  return finishedCall(
    { ...use, name, input: attributes.function_args },
    {
      success,
      durationMs,
      error: attributes['error.message'],
      payload: {
        decision: toText(attributes.decision),
        error_type: toText(attributes.error_type),
        mcp_server: toText(attributes.mcp_server_name),
      },
      command: name === 'run_shell_command' ? { line: toText(input.command, 65_536), exitCode } : undefined,
      edits: isEdit ? [{ path, ...readDiffStat(metadata) }] : [],
    },
  )
}
