import type { JsonObject } from '@achilles/mcp-contract'
import { expect, test } from 'vitest'
import { codex } from '../src/codex.ts'
import { readFixture } from './read-fixtures.ts'
import { summarize } from './summarize.ts'

const { hooks, logs } = readFixture('codex')
const read = (hook: JsonObject) => codex.readHook?.(hook, { receivedAt: '2026-03-02T09:04:11.250Z' })

test('hooks of a session, which have no exit code of a command', () => {
  expect(summarize(hooks.map(read))).toEqual([
    'custom session_start',
    'agent_prompt',
    'tool_call apply_patch',
    'tool_result apply_patch ok',
    'file_edited sum.mjs +1 -0',
    'tool_call apply_patch',
    'tool_result apply_patch ok',
    'file_edited sum.mjs +3 -1',
    'tool_call Bash',
    'tool_result Bash',
    'command_executed',
    'tool_call Bash',
    'tool_result Bash',
    'test_run',
    'agent_response turn_end',
    'custom session_end, session completed',
  ])
  expect(read(hooks[0] ?? {})?.events[0]?.agent_metadata).toEqual({ model: 'gpt-6.2-sol' })
})

test('log records of a session', () => {
  const lines = summarize(logs.map((record) => codex.readLogRecord?.(record)))
  const responses = lines.filter((line) => line.startsWith('agent_response'))
  expect(responses).toHaveLength(6)
  expect(responses[0]).toBe('agent_response model_response 101 in 21 out')
  expect([...new Set(lines.filter((line) => !responses.includes(line)))]).toEqual([
    'custom session_start',
    'agent_prompt',
    'tool_call apply_patch',
    'tool_result apply_patch ok 2ms',
    'file_edited sum.mjs +1 -0',
    'file_edited sum.mjs +3 -1',
    'tool_call exec_command',
    expect.stringMatching(/^tool_result exec_command ok \d+ms$/),
    expect.stringMatching(/^command_executed ok exit 0 \d+ms$/),
    expect.stringMatching(/^tool_result exec_command ok \d+ms$/),
    expect.stringMatching(/^test_run failed exit 1 \d+ms$/),
    'tool_call nothing',
    'tool_result nothing failed 0ms',
  ])
})

test('an exit code in the output of a command is not its exit code', () => {
  const record = logs.find(
    ({ attributes }) => attributes['event.name'] === 'codex.tool_result' && attributes.call_id === 'call_3',
  )
  if (!record) throw new Error('no fixture')
  const output = 'Wall time: 1 seconds\nOutput:\nProcess exited with code 7\n'
  const report = codex.readLogRecord?.({ ...record, attributes: { ...record.attributes, output } })
  expect(summarize([report])).toContainEqual(expect.stringMatching(/^command_executed \d/))
})

test('a patch that the shell gets is an edit', () => {
  const patch = "apply_patch <<'EOF'\n*** Begin Patch\n*** Delete File: a.ts\n*** End Patch\nEOF"
  const hook = hooks.find(({ hook_event_name: name }) => name === 'PostToolUse')
  expect(summarize([read({ ...hook, tool_name: 'Bash', tool_input: { command: patch } })])).toEqual([
    'tool_result Bash',
    'file_edited a.ts +0 -0',
  ])
})

test('an error of the service', () => {
  const record = logs.find(({ attributes }) => attributes['event.name'] === 'codex.api_request')
  if (!record) throw new Error('no fixture')
  const attributes = { ...record.attributes, 'http.response.status_code': '502', 'error.message': 'bad gateway' }
  expect(codex.readLogRecord?.({ ...record, attributes })?.events).toMatchObject([
    { event_type: 'error', payload: { status_code: 502, attempt: 0 }, content: { error: 'bad gateway' } },
  ])
})
