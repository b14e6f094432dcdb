import { readdirSync, readFileSync } from 'node:fs'
import { MCPEvent } from '@achilles/mcp-contract'
import { describe, expect, test } from 'vitest'
import type { AgentReport } from '../src/agent-source.ts'
import { findSource, recognizeSource, sources } from '../src/index.ts'
import { readFixture, readFixtures } from './read-fixtures.ts'

const CONTEXT = { receivedAt: '2026-03-02T09:04:11.250Z' }

test('each source has a fixture with its origin, and is found by its name', () => {
  expect(readFixtures().map(({ name }) => name)).toEqual(sources.map(({ name }) => name).toSorted())
  for (const { name, origin } of readFixtures()) {
    expect(origin).toMatch(/^(?:captured from .* \d|written from documentation: )/)
    expect(findSource(name)?.name).toBe(name)
  }
})

test('no source loads another module at run time, for which an agent would wait', () => {
  const folder = new URL('../src/', import.meta.url)
  const files = readdirSync(folder).filter((name) => !name.endsWith('.test.ts'))
  const imports = files.flatMap(
    (name) => readFileSync(new URL(name, folder), 'utf8').match(/^import [^']*'[^']+'/gm) ?? [],
  )
  expect(imports.filter((line) => !/^import type |from '\.\//.test(line))).toEqual([])
})

describe.each(readFixtures())('$name', ({ name, hooks, logs, spans }) => {
  const source = findSource(name)
  const read = () => [
    ...hooks.map((hook) => source?.readHook?.(hook, CONTEXT)),
    ...logs.map((record) => source?.readLogRecord?.(record)),
    ...spans.map((span) => source?.readSpan?.(span)),
  ]
  const reports = read().filter((report): report is AgentReport => report !== undefined)

  test('makes valid events', () => {
    expect(reports).not.toEqual([])
    for (const { session, events } of reports) {
      expect(session.key).toMatch(new RegExp(`^${name}:`))
      for (const { content, ...event } of events) {
        const complete = { ...event, session_id: 'ses_1', payload: { ...event.payload, ...content } }
        expect(MCPEvent.parse(complete)).toEqual(complete)
      }
    }
  })

  test('makes the same events of the same input', () => {
    expect(read().filter((report) => report)).toEqual(reports)
  })

  test('reads every hook that it connects', () => {
    expect(hooks.map(({ hook_event_name }) => hook_event_name)).toEqual(
      expect.arrayContaining(
        (source?.hooks ?? []).filter((hook) => name !== 'claude-code' || !hook.startsWith('Subagent')),
      ),
    )
  })

  test.runIf(source?.hooks)('connects every hook that the agent was seen to run', () => {
    expect(source?.hooks).toEqual(expect.arrayContaining(hooks.map(({ hook_event_name }) => hook_event_name)))
  })

  test('is the one that recognizes its telemetry', () => {
    const recognized = [...logs, ...spans].map((telemetry) => recognizeSource(telemetry)?.name)
    expect(new Set(recognized)).toEqual(new Set(name === 'gen-ai' ? [name, undefined] : recognized.map(() => name)))
  })

  test('keeps content apart from the rest', () => {
    for (const { events } of reports) {
      for (const { content: _, ...event } of events) {
        const text = JSON.stringify(event)
        for (const secret of [
          'make a file',
          'Fix the sum',
          'return a - b',
          'node --test',
          'npm test',
          'AssertionError',
        ]) {
          expect(text).not.toContain(secret)
        }
      }
    }
  })
})

describe('one event on two channels', () => {
  const kinds = (name: string) => {
    const source = findSource(name)
    const { hooks, logs } = readFixture(name)
    const toTypes = (reports: (AgentReport | undefined)[]) =>
      new Map(reports.flatMap((report) => report?.events ?? []).map((event) => [event.event_id, event.event_type]))
    return {
      source,
      byHook: toTypes(hooks.map((hook) => source?.readHook?.(hook, CONTEXT))),
      byLog: toTypes(logs.map((record) => source?.readLogRecord?.(record))),
    }
  }

  test.each(['claude-code', 'codex', 'gemini-cli'])('%s: what hooks own is common or dropped', (name) => {
    const { source, byHook, byLog } = kinds(name)
    const notCommon = [...byLog].filter(([id]) => !byHook.has(id)).map(([, type]) => type)
    const doubled = notCommon.filter((type) => [...byHook.values()].includes(type) && !source?.besideHooks?.[type])
    // Codex calls no hook for a call of a tool that it does not have.
    expect(doubled).toEqual(name === 'codex' ? ['tool_call', 'tool_result'] : [])
  })

  test.each(['claude-code', 'codex'])('%s: calls, results, edits and commands have the same ids', (name) => {
    const { byHook, byLog } = kinds(name)
    const isWork = /^(?:tool_call|tool_result|file_edited|command_executed|test_run)$/
    const work = [...byHook].filter(([, type]) => isWork.test(type)).map(([id]) => id)
    expect(work.length).toBeGreaterThan(8)
    expect([...byLog.keys()]).toEqual(expect.arrayContaining(work))
  })
})
