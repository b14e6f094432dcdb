import type { AgentSource } from './agent-source.ts'
import { classifyCommand } from './classify-command.ts'
import type { FileChange, LineCounts } from './line-counts.ts'
import { before, type Fields, toText } from './read-values.ts'
import type { EventFacts } from './report.ts'

/** A call of a tool, as far as a channel reports it. */
export interface ToolUse {
  /** What identifies the call within its session. */
  id: readonly string[]
  /** When the call ended; for a call without result, when it began. */
  timestamp: string
  name: string | undefined
  turn?: string | undefined
  input?: unknown
}

export interface ToolOutcome {
  success?: boolean | undefined
  durationMs?: number | undefined
  /** Set if the tool ran a command. */
  command?: CommandRun | undefined
  edits?: readonly FileEdit[] | undefined
  output?: unknown
  error?: unknown
  payload?: Readonly<Record<string, unknown>>
}

interface CommandRun {
  /** The command line, if the channel has it; it decides whether tests or a build ran. */
  line?: string | undefined
  exitCode?: number | undefined
  /** Whether the command succeeded, if the channel reports that without an exit code. */
  success?: boolean | undefined
}

export interface FileEdit extends Partial<LineCounts> {
  path?: string | undefined
  operation?: FileChange['operation'] | undefined
}

/** The call that a hook reports with an id of its own, as `tool_use_id`. */
export function identifiedUse(hook: Fields, timestamp: string, turn: string | undefined): ToolUse {
  const id = toText(hook.tool_use_id, 1024) ?? timestamp
  return { id: ['tool', id], timestamp, turn, name: toText(hook.tool_name), input: hook.tool_input }
}

/** `besideHooks` of an agent whose hooks report no id of a call: they own what both channels report. */
export const HOOKS_OWN_CALLS: NonNullable<AgentSource['besideHooks']> = {
  agent_prompt: 'drop',
  agent_response: 'custom',
  tool_call: 'drop',
  tool_result: 'drop',
  file_edited: 'drop',
  command_executed: 'drop',
  test_run: 'drop',
  build_run: 'drop',
}

const callId = ({ id }: ToolUse) => [...id, 'call']
const resultId = ({ id }: ToolUse) => [...id, 'result']

export function toolCall(use: ToolUse, payload: Readonly<Record<string, unknown>> = {}): EventFacts {
  return {
    id: callId(use),
    type: 'tool_call',
    timestamp: use.timestamp,
    turn: use.turn,
    payload: { tool_name: use.name, ...payload },
    content: { tool_input: use.input },
  }
}

/** The result, and an event for each file edited and for the command run. */
export function toolResult(use: ToolUse, outcome: ToolOutcome): EventFacts[] {
  const { success, durationMs, command, edits = [], output, error } = outcome
  const common = { timestamp: use.timestamp, turn: use.turn }
  return [
    {
      ...common,
      id: resultId(use),
      type: 'tool_result',
      durationMs,
      payload: { tool_name: use.name, success, ...outcome.payload },
      content: { tool_input: use.input, tool_output: output, error },
    },
    ...(command ? [commandRun(use, outcome, command)] : []),
    ...edits.map(({ path, operation, lines_added, lines_removed }, index) => ({
      ...common,
      id: [...use.id, 'edit', ...(index === 0 ? [] : [String(index)])],
      type: 'file_edited' as const,
      filePath: path,
      parent: resultId(use),
      payload: { operation, lines_added, lines_removed },
    })),
  ]
}

// One id for the three types: a channel that has no command line cannot distinguish them.
function commandRun(use: ToolUse, { durationMs, output }: ToolOutcome, command: CommandRun): EventFacts {
  return {
    id: [...use.id, 'run'],
    type: command.line === undefined ? 'command_executed' : classifyCommand(command.line),
    timestamp: use.timestamp,
    turn: use.turn,
    durationMs,
    parent: resultId(use),
    payload: {
      exit_code: command.exitCode,
      success: command.exitCode === undefined ? command.success : command.exitCode === 0,
    },
    content: { command: command.line, output },
  }
}

/** The events of a channel that reports a call only after it ended. */
export function finishedCall(use: ToolUse, outcome: ToolOutcome): EventFacts[] {
  const started = before(use.timestamp, outcome.durationMs)
  return [toolCall({ ...use, timestamp: started }), ...toolResult(use, outcome)]
}
