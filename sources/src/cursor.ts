import type { JsonObject } from '@achilles/mcp-contract'
import type { AgentReport, AgentSource, HookContext } from './agent-source.ts'
import { hashFields } from './event-id.ts'
import { countReplacements } from './line-counts.ts'
import {
  type Fields,
  parseFields,
  toCount,
  toFields,
  toFlag,
  toLength,
  toList,
  toText,
  toWhole,
} from './read-values.ts'
import { createReport, type EventFacts, type SessionFacts } from './report.ts'
import { identifiedUse, type ToolOutcome, toolCall, toolResult } from './tool-events.ts'

/**
 * Cursor. `afterFileEdit` owns file edits and `postToolUse` commands: the other hooks that report them have no id of the call.
 */
export const cursor: AgentSource = {
  name: 'cursor',
  hooks: [
    'sessionStart',
    'beforeSubmitPrompt',
    'preToolUse',
    'postToolUse',
    'postToolUseFailure',
    'afterFileEdit',
    'afterAgentResponse',
    'sessionEnd',
  ],
  readHook,
}

function readHook(input: JsonObject, { receivedAt: timestamp }: HookContext): AgentReport | undefined {
  const hook: Fields = input
  const turn = toText(hook.generation_id)
  const session: SessionFacts = {
    source: 'cursor',
    id: hook.conversation_id ?? hook.session_id,
    cwd: toText(hook.cwd, 4096) ?? toList(hook.workspace_roots)[0],
    userId: hook.user_email,
    agent: { model: hook.model, version: hook.cursor_version },
  }
  const event = (
    id: readonly string[],
    type: EventFacts['type'],
    facts: Partial<EventFacts>,
  ): AgentReport | undefined => createReport(session, [{ id, type, timestamp, turn, ...facts }])

  switch (hook.hook_event_name) {
    case 'sessionStart':
      return event(['start'], 'custom', { payload: { kind: 'session_start', source: toText(hook.composer_mode) } })
    case 'sessionEnd': {
      const status = hook.reason ?? hook.final_status
      const endStatus = status === 'error' ? 'failed' : status === 'aborted' ? 'abandoned' : 'completed'
      const payload = { kind: 'session_end', reason: toText(hook.reason) }
      const durationMs = toCount(hook.duration_ms)
      return createReport({ ...session, endStatus }, [{ id: ['end'], type: 'custom', timestamp, payload, durationMs }])
    }
    case 'beforeSubmitPrompt':
      return event([turn ?? timestamp, 'prompt'], 'agent_prompt', {
        payload: { prompt_length: toLength(hook.prompt), attachments: toList(hook.attachments).length },
        content: { prompt: hook.prompt },
      })
    case 'afterAgentResponse':
      // A turn has several responses, which differ in their text at most.
      return event([turn ?? timestamp, 'response', timestamp], 'agent_response', {
        payload: { kind: 'model_response', response_length: toLength(hook.text) },
        content: { response: hook.text },
      })
    case 'preToolUse':
      return createReport(session, [toolCall(identifiedUse(hook, timestamp, turn))])
    case 'postToolUse':
    case 'postToolUseFailure':
      return createReport(session, toolResult(identifiedUse(hook, timestamp, turn), readOutcome(hook)))
    case 'afterFileEdit': {
      const edits = toList(hook.edits).map(toFields)
      return event([turn ?? timestamp, 'edit', hashFields({ path: hook.file_path, edits }), timestamp], 'file_edited', {
        filePath: toText(hook.file_path, 4096),
        payload: { ...countReplacements(edits) },
        content: { edits: hook.edits },
      })
    }
    default:
      return undefined
  }
}

function readOutcome(hook: Fields): ToolOutcome {
  const success = hook.hook_event_name === 'postToolUse'
  const input = toFields(hook.tool_input)
  const output = parseFields(hook.tool_output)
  const exitCode = toCount(output.exitCode ?? output.exit_code)
  return {
    success: success && (exitCode ?? 0) === 0,
    durationMs: toCount(hook.duration ?? hook.duration_ms),
    output: hook.tool_output,
    error: hook.error_message,
    payload: { error_type: toText(hook.failure_type), interrupted: toFlag(hook.is_interrupt) },
    command:
      hook.tool_name === 'Shell'
        ? { line: toWhole(input.command), exitCode, success: success ? undefined : false }
        : undefined,
  }
}
