import { describe, expect, test } from 'vitest'
import { copilot } from '../src/copilot.ts'
import { cursor } from '../src/cursor.ts'
import { genAi } from '../src/gen-ai.ts'
import { git } from '../src/git.ts'
import { readFixture } from './read-fixtures.ts'
import { summarize } from './summarize.ts'

const context = { receivedAt: '2026-03-02T09:04:11.250Z' }

describe('copilot', () => {
  const { hooks, logs, spans } = readFixture('copilot')

  test('hooks of a session', () => {
    expect(summarize(hooks.map((hook) => copilot.readHook?.(hook, context)))).toEqual([
      'custom session_start',
      'agent_prompt',
      'tool_call edit',
      'tool_result edit ok',
      'file_edited sum.mjs +1 -1',
      'tool_call bash',
      'tool_result bash ok',
      'test_run failed exit 1',
      'tool_result view failed',
      'error model_call',
      'agent_response turn_end',
      'custom session_end, session completed',
    ])
  })

  test('how a session ended', () => {
    const end = hooks.at(-1)
    const statuses = ['error', 'abort', 'user_exit'].map(
      (reason) => copilot.readHook?.({ ...end, reason }, context)?.session.endStatus,
    )
    expect(statuses).toEqual(['failed', 'abandoned', 'completed'])
  })

  test('spans, and log records of decisions', () => {
    expect(summarize(spans.map((span) => copilot.readSpan?.(span)))).toEqual([
      'agent_prompt',
      'agent_response model_response 200 in 30 out 1000ms',
      'tool_call replace_string_in_file',
      'tool_result replace_string_in_file ok 100ms',
      'file_edited',
      'tool_call run_in_terminal',
      'tool_result run_in_terminal failed 1000ms',
      'test_run failed 1000ms',
      'error model_request 1000ms',
    ])
    expect(summarize(logs.map((record) => copilot.readLogRecord?.(record)))).toEqual([
      'suggestion_accepted copilot_chat.edit.hunk.action +1 -1',
      'suggestion_rejected copilot_chat.edit.feedback',
    ])
  })
})

test('cursor', () => {
  const { hooks } = readFixture('cursor')
  const reports = hooks.map((hook) => cursor.readHook?.(hook, context))
  expect(summarize(reports)).toEqual([
    'custom session_start',
    'agent_prompt',
    'tool_call Shell',
    'tool_result Shell failed 5432ms',
    'test_run failed exit 1 5432ms',
    'file_edited sum.mjs +2 -1',
    'tool_result Read failed 12ms',
    'agent_response model_response',
    'custom session_end 45000ms, session completed',
  ])
  expect(reports[0]?.session).toEqual({ key: 'cursor:conv-1', cwd: '/home/ada/cart', userId: 'ada@example.com' })
})

test('git', () => {
  const { hooks } = readFixture('git')
  const reports = hooks.map((hook) => git.readHook?.(hook, context))
  expect(reports.slice(0, 3).map((report) => report?.events[0]?.payload)).toMatchObject([
    { operation: 'commit', branch: 'main', files_changed: 2, lines_added: 12, lines_removed: 3 },
    { operation: 'merge', files_changed: 1, lines_added: 1, lines_removed: 0 },
    { operation: 'checkout', previous: expect.stringMatching(/^a1b2/), commit: expect.stringMatching(/^b1b2/) },
  ])
  expect(reports[3]).toBeUndefined()
  expect(new Set(reports.slice(0, 3).map((report) => report?.session.key)).size).toBe(1)
  expect(reports[0]?.events[0]).toMatchObject({ source_type: 'cli', attribution_source: 'unknown' })
  expect(reports[0]?.events[0]).not.toHaveProperty('agent_id')
})

test('gen-ai', () => {
  const { spans } = readFixture('gen-ai')
  const reports = spans.map((span) => genAi.readSpan?.(span))
  expect(summarize(reports)).toEqual([
    'agent_prompt',
    'agent_response model_response 50 in 7 out 890ms',
    'tool_call search',
    'tool_result search ok 250ms',
    'tool_call search',
    'tool_result search failed 100ms',
  ])
  expect(reports.map((report) => report?.session.key)).toEqual([
    'gen-ai:travel-agent:conv-9',
    'gen-ai:travel-agent:conv-9',
    'gen-ai:travel-agent:conv-9',
    'gen-ai:travel-agent:4bf92f3577b34da6a3ce929d0e0e4736',
    undefined,
  ])
  expect(reports[0]?.events[0]?.agent_id).toBe('planner')
})
