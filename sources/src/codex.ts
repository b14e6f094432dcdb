import type { JsonObject } from '@achilles/mcp-contract'
import type { AgentReport, AgentSource, HookContext, LogRecord, Telemetry } from './agent-source.ts'
import { fingerprint } from './event-id.ts'
import { readPatch } from './line-counts.ts'
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
import { finishedCall, identifiedUse, type ToolOutcome, type ToolUse, toolCall, toolResult } from './tool-events.ts'

const PREFIX = 'codex.'

/** Codex CLI. A hook's `tool_use_id` is the `call_id` of log records; its spans report the same and are left out. */
export const codex: AgentSource = {
  name: 'codex',
  hooks: ['SessionStart', 'UserPromptSubmit', 'PreToolUse', 'PostToolUse', 'Stop', 'SessionEnd'],
  readHook,
  recognizes: ({ name, resource }: Telemetry) =>
    name.startsWith(PREFIX) || toWhole(resource['service.name']).startsWith('codex'),
  readLogRecord,
  // Log records of prompts and responses have no id of the turn.
  besideHooks: { agent_prompt: 'drop', agent_response: 'custom' },
}

function readHook(input: JsonObject, { receivedAt }: HookContext): AgentReport | undefined {
  const hook: Fields = input
  const turn = toText(hook.turn_id)
  const session: SessionFacts = {
    source: 'codex',
    id: hook.session_id,
    cwd: hook.cwd,
    agent: { model: hook.model, subagentId: toText(hook.agent_id), subagentType: toText(hook.agent_type) },
  }
  const event = (
    id: readonly string[],
    type: EventFacts['type'],
    facts: Partial<EventFacts>,
  ): AgentReport | undefined => createReport(session, [{ id, type, timestamp: receivedAt, turn, ...facts }])

  switch (hook.hook_event_name) {
    case 'SessionStart': {
      const source = toText(hook.source) ?? 'startup'
      const id = source === 'startup' ? ['start'] : ['start', source, receivedAt]
      return event(id, 'custom', { payload: { kind: 'session_start', source } })
    }
    case 'SessionEnd':
      return createReport({ ...session, endStatus: 'completed' }, [
        {
          id: ['end', receivedAt],
          type: 'custom',
          timestamp: receivedAt,
          payload: { kind: 'session_end', reason: toText(hook.reason) },
        },
      ])
    case 'UserPromptSubmit':
      return event([turn ?? receivedAt, 'prompt'], 'agent_prompt', {
        payload: { prompt_length: toLength(hook.prompt) },
        content: { prompt: hook.prompt },
      })
    case 'Stop': {
      const id = [turn ?? receivedAt, 'response', ...(turn && hook.stop_hook_active === true ? [receivedAt] : [])]
      return event(id, 'agent_response', {
        payload: { kind: 'turn_end', response_length: toLength(hook.last_assistant_message) },
        content: { response: hook.last_assistant_message },
      })
    }
    case 'PreToolUse':
      return createReport(session, [toolCall(identifiedUse(hook, receivedAt, turn))])
    case 'PostToolUse':
      return createReport(session, toolResult(identifiedUse(hook, receivedAt, turn), readOutcome(hook)))
    default:
      return undefined
  }
}

function readOutcome(hook: Fields): ToolOutcome {
  // A hook gets the bare output of a command, without its exit code.
  const exitCode = hook.tool_name === 'apply_patch' ? readExitCode(toWhole(hook.tool_response)) : undefined
  return {
    success: exitCode === undefined ? undefined : exitCode === 0,
    output: hook.tool_response,
    ...readWork(hook.tool_name, toFields(hook.tool_input), exitCode),
  }
}

// Before the line `Output:`, after which the command's own output begins.
const EXIT_CODE = /^(?:(?!Output:).{0,200}\n){0,4}(?:Process exited with code|Exit code:) ([0-9]{1,3})\n/

const readExitCode = (output: string) => toCount(EXIT_CODE.exec(output)?.[1])

const SHELLS = new Set(['Bash', 'shell', 'shell_command', 'exec_command', 'local_shell', 'container.exec'])

/** The command that a tool ran, or the files that it edited. */
function readWork(tool: unknown, input: Fields, exitCode: number | undefined): Pick<ToolOutcome, 'command' | 'edits'> {
  const command = input.command ?? input.cmd
  const line =
    typeof command === 'string'
      ? command
      : toList(command)
          .filter((word) => typeof word === 'string')
          .join(' ')
  const edits = exitCode === undefined || exitCode === 0 ? readPatch(line) : []
  if (tool === 'apply_patch') return { edits }
  if (typeof tool !== 'string' || !SHELLS.has(tool)) return {}
  // Codex carries out `apply_patch <<EOF` itself.
  if (line.startsWith('apply_patch')) return { edits }
  return { command: { line: line === '' ? undefined : line, exitCode } }
}

function readLogRecord(record: LogRecord): AgentReport | undefined {
  const { attributes } = record
  const timestamp = toTime(attributes['event.timestamp']) ?? record.timestamp
  const session: SessionFacts = {
    source: 'codex',
    id: attributes['conversation.id'],
    userId: attributes['user.email'] ?? attributes['user.account_id'],
    agent: { model: attributes.model, version: attributes['app.version'] },
  }
  const unique = fingerprint(record, timestamp)
  const durationMs = toCount(attributes.duration_ms)
  const use: ToolUse = {
    id: ['tool', toText(attributes.call_id, 1024) ?? unique],
    timestamp,
    name: toText(attributes.tool_name),
  }

  // The field `eventName` has a place in the source code.
  switch (attributes['event.name'] ?? record.name) {
    case 'codex.conversation_starts':
      return createReport(session, [{ id: ['start'], type: 'custom', timestamp, payload: { kind: 'session_start' } }])
    case 'codex.user_prompt':
      return createReport(session, [
        {
          id: [unique, 'prompt'],
          type: 'agent_prompt',
          timestamp,
          payload: { prompt_length: toCount(attributes.prompt_length) },
          content: { prompt: attributes.prompt === '[REDACTED]' ? undefined : attributes.prompt },
        },
      ])
    case 'codex.sse_event':
      // A second record of a completed response has no tokens.
      return attributes.input_token_count !== undefined || attributes['error.message'] !== undefined
        ? createReport(session, [readCompletion(attributes, unique, timestamp)])
        : undefined
    case 'codex.api_request':
      return attributes['error.message'] === undefined
        ? undefined
        : createReport(session, [readError(attributes, unique, timestamp)])
    case 'codex.tool_decision':
      return createReport(session, [toolCall(use, { decision: toText(attributes.decision) })])
    case 'codex.tool_result': {
      const input = use.name === 'apply_patch' ? { command: attributes.arguments } : parseFields(attributes.arguments)
      const work = readWork(use.name, input, readExitCode(toWhole(attributes.output)))
      return createReport(
        session,
        finishedCall(
          { ...use, input: attributes.arguments },
          {
            ...work,
            success: toFlag(attributes.success),
            durationMs,
            output: attributes.output,
            payload: { mcp_server: toText(attributes.mcp_server) },
          },
        ),
      )
    }
    default:
      return undefined
  }
}

function readCompletion(attributes: Fields, unique: string, timestamp: string): EventFacts {
  if (attributes['error.message'] !== undefined) return readError(attributes, unique, timestamp)
  return {
    id: [unique, 'model'],
    type: 'agent_response',
    timestamp,
    payload: responsePayload({
      input_tokens: attributes.input_token_count,
      output_tokens: attributes.output_token_count,
      cached_tokens: attributes.cached_token_count,
      reasoning_tokens: attributes.reasoning_token_count,
    }),
  }
}

const readError = (attributes: Fields, unique: string, timestamp: string): EventFacts => ({
  id: [unique, 'error'],
  type: 'error',
  timestamp,
  payload: {
    kind: 'model_request',
    status_code: toCount(attributes['http.response.status_code']),
    attempt: toCount(attributes.attempt),
  },
  content: { error: attributes['error.message'] },
})
