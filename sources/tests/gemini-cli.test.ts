import type { JsonObject } from '@achilles/mcp-contract'
import { expect, test } from 'vitest'
import { geminiCli } from '../src/gemini-cli.ts'
import { readFixture } from './read-fixtures.ts'
import { summarize } from './summarize.ts'

const { hooks, logs } = readFixture('gemini-cli')
const read = (hook: JsonObject) => geminiCli.readHook?.(hook, { receivedAt: '2026-03-02T09:04:11.250Z' })

test('hooks of a session', () => {
  expect(summarize(hooks.map(read))).toEqual([
    'custom session_start',
    'agent_prompt',
    'tool_call write_file',
    'tool_result write_file ok',
    'file_edited sum.mjs +1 -0',
    'tool_call replace',
    'tool_result replace ok',
    'file_edited sum.mjs +3 -1',
    'tool_call run_shell_command',
    'tool_result run_shell_command ok',
    'command_executed ok exit 0',
    'tool_call run_shell_command',
    'tool_result run_shell_command ok',
    'test_run failed exit 1',
    'tool_call read_file',
    'tool_result read_file failed',
    'agent_response turn_end',
    'custom session_end, session completed',
  ])
  expect(read(hooks[0] ?? {})?.events[0]?.timestamp).toBe(hooks[0]?.timestamp)
})

test('log records of a session', () => {
  const lines = summarize(logs.map((record) => geminiCli.readLogRecord?.(record)))
  expect(lines.filter((line) => !line.startsWith('agent_response'))).toEqual([
    'agent_prompt',
    'tool_call write_file',
    'tool_result write_file ok 327ms',
    'file_edited sum.mjs +1 -0',
    'tool_call replace',
    'tool_result replace ok 224ms',
    'file_edited sum.mjs +3 -1',
    'tool_call run_shell_command',
    'tool_result run_shell_command ok 299ms',
    'command_executed ok exit 0 299ms',
    'tool_call run_shell_command',
    'tool_result run_shell_command ok 480ms',
    'test_run failed exit 1 480ms',
    'tool_call read_file',
    'tool_result read_file failed 262ms',
  ])
  expect(lines).toContain('agent_response model_response 100 in 20 out 76ms')
})

test('without logged prompts a command is still a command, but whether it succeeded is unknown', () => {
  const record = logs.find(({ attributes }) => attributes.function_name === 'run_shell_command')
  if (!record) throw new Error('no fixture')
  const { function_args: _, ...attributes } = record.attributes
  expect(summarize([geminiCli.readLogRecord?.({ ...record, attributes })])).toContain('command_executed 299ms')
})

test('an error of the service', () => {
  const [record] = logs
  if (!record) throw new Error('no fixture')
  const attributes = { ...record.attributes, status_code: 503, 'error.message': 'busy', 'error.type': 'ApiError' }
  const named = { ...record, name: 'gemini_cli.api_error', attributes }
  expect(geminiCli.readLogRecord?.(named)?.events).toMatchObject([
    { event_type: 'error', payload: { status_code: 503, error_type: 'ApiError' }, content: { error: 'busy' } },
  ])
})
