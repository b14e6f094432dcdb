import type { JsonObject } from '@achilles/mcp-contract'
import { expect, test } from 'vitest'
import { claudeCode } from '../src/claude-code.ts'
import { readFixture } from './read-fixtures.ts'
import { summarize } from './summarize.ts'

const { hooks, logs } = readFixture('claude-code')
const read = (hook: JsonObject) => claudeCode.readHook?.(hook, { receivedAt: '2026-03-02T09:04:11.250Z' })

test('hooks of a session', () => {
  expect(summarize(hooks.map(read))).toEqual([
    'custom session_start',
    'agent_prompt',
    'tool_call Write',
    'tool_result Write ok 5ms',
    'file_edited sum.mjs +1 -0',
    'tool_call Edit',
    'tool_result Edit ok 11ms',
    'file_edited sum.mjs +3 -1',
    'tool_call Bash',
    'tool_result Bash ok 63ms',
    'command_executed ok exit 0 63ms',
    'tool_call Bash',
    'tool_result Bash failed 425ms',
    'test_run failed exit 1 425ms',
    'tool_call Read',
    'tool_result Read failed 7ms',
    'agent_response turn_end',
    'custom session_end, session completed',
  ])
})

test('log records of a session', () => {
  const lines = summarize(logs.map((record) => claudeCode.readLogRecord?.(record)))
  expect(lines.slice(0, 5)).toEqual([
    'agent_prompt',
    'agent_response model_response 101 in 21 out 0.00107625 USD 47ms',
    'tool_call Write',
    'tool_call Write',
    'tool_result Write ok 5ms',
  ])
  expect(lines).toContain('command_executed failed 425ms')
  const report = claudeCode.readLogRecord?.(logs.find(({ name }) => name === 'api_request') as (typeof logs)[0])
  expect(report?.events[0]?.agent_metadata).toEqual({ model: 'claude-opus-4-8', version: '2.1.197' })
  expect(report?.session.userId).toBe('4f1c0c5e')
})

test('an error of the service', () => {
  const [record] = logs
  if (!record) throw new Error('no fixture')
  const attributes = { ...record.attributes, status_code: 529, attempt: 2, error: 'Overloaded' }
  const report = claudeCode.readLogRecord?.({ ...record, name: 'claude_code.api_error', attributes })
  expect(report?.events[0]).toMatchObject({
    event_type: 'error',
    payload: { kind: 'model_request', status_code: 529, attempt: 2 },
    content: { error: 'Overloaded' },
  })
})

test('a subagent is named in its events', () => {
  const hook = { ...hooks[2], agent_id: 'agent-1', agent_type: 'Explore' }
  expect(read(hook)?.events[0]?.payload).toEqual({
    tool_name: 'Write',
    subagent_id: 'agent-1',
    subagent_type: 'Explore',
  })
  expect(summarize([read({ ...hook, hook_event_name: 'SubagentStop' })])).toEqual(['custom subagent_end'])
})

test('a session that is resumed twice starts three times', () => {
  const starts = [
    { source: 'startup', receivedAt: '2026-03-02T09:00:00Z' },
    { source: 'startup', receivedAt: '2026-03-02T09:00:01Z' },
    { source: 'resume', receivedAt: '2026-03-02T10:00:00Z' },
    { source: 'resume', receivedAt: '2026-03-02T11:00:00Z' },
  ].map(({ source, receivedAt }) => claudeCode.readHook?.({ ...hooks[0], source }, { receivedAt })?.events[0]?.event_id)
  expect(new Set(starts).size).toBe(3)
})

test('a command in the background has no exit code yet', () => {
  const hook = hooks.find(({ hook_event_name: name, tool_name }) => name === 'PostToolUse' && tool_name === 'Bash')
  const background = { ...hook, tool_input: { command: 'npm test', run_in_background: true } }
  expect(summarize([read(background)])).toEqual(['tool_result Bash ok 63ms', 'test_run 63ms'])
})
