import { describe, expect } from 'vitest'
import { OPERATIONS, type Operation, validInput } from '../support/operations.ts'
import { reply } from '../support/scripted-core.ts'
import { test as base } from '../support/scripted-gateway.ts'

const MIB = 1024 * 1024

const operationOf = (name: string) => OPERATIONS.find(({ operation }) => operation === name) as Operation

const test = base
  /** The response of each surface to an invalid input. */
  .extend('rejections', ({ core, gateway }) => async (name: string, change: Record<string, unknown>) => {
    core.answer(reply(500, {}))
    const operation = operationOf(name)
    const input = { ...validInput(operation), ...change }
    const answers = await Promise.all([
      gateway.rest(operation.method, operation.path, input),
      gateway.native(name, input),
      gateway.mcp(name, input),
    ])
    expect(core.seen).toEqual([])
    for (const { status } of answers) expect(status).toBe(400)
    return answers
  })
  /** Their issues, which must be equal on all surfaces. */
  .extend('faultsOf', ({ rejections }) => async (name: string, change: Record<string, unknown>) => {
    const [first, ...others] = (await rejections(name, change)).map(({ problem }) => ({
      issues: problem?.issues,
      issues_omitted: problem?.issues_omitted,
    }))
    for (const other of others) expect(other).toEqual(first)
    return first as { issues: { path: string; message: string }[]; issues_omitted: number | undefined }
  })

const numbered = <Value>(count: number, value: (index: number) => Value) =>
  Array.from({ length: count }, (_, i) => value(i))
const mapOf = (count: number, value: unknown) => Object.fromEntries(numbered(count, (index) => [`k${index}`, value]))

describe('a problem lists at most 100 issues and counts the others', () => {
  test('unknown keys', async ({ faultsOf }) => {
    const { issues, issues_omitted } = await faultsOf('sessions.resolve', mapOf(5_000, 1))
    expect(issues).toHaveLength(100)
    expect(issues[99]).toEqual({ path: 'k99', message: 'unknown key' })
    expect(issues_omitted).toBe(4_900)
  })

  test('exactly 100 issues: no issues_omitted', async ({ faultsOf }) => {
    const { issues, issues_omitted } = await faultsOf('sessions.resolve', mapOf(100, 1))
    expect(issues).toHaveLength(100)
    expect(issues_omitted).toBeUndefined()
  })

  test('events of a batch, with the first issue in the detail', async ({ rejections }) => {
    const events = numbered(1000, (index) => ({ event_id: `e-${index}`, event_type: 'error', source_type: 'ide' }))
    const answers = await rejections('signals.ingestBatch', { events })
    for (const { problem, text } of answers) {
      expect(problem).toMatchObject({ issues_omitted: 900 })
      expect(problem?.issues).toHaveLength(100)
      expect(problem?.detail).toMatch(/^events\[0\]\.session_id: .* \(and 999 more\)$/)
      expect(text.length).toBeLessThan(100_000)
    }
  })

  test('repeated query parameters', async ({ gateway }) => {
    const query = numbered(150, (index) => `p${index}=1&p${index}=2`).join('&')
    const { problem } = await gateway.rest('GET', `/signals/insights?${query}`)
    expect(problem).toMatchObject({ status: 400, issues_omitted: 50 })
    expect(problem?.issues).toHaveLength(100)
  })
})

describe('maps hold at most 64 entries with keys of at most 128 characters', () => {
  test.for<[string, string, unknown, unknown]>([
    ['projects.resolve', 'labels', 'x', 5],
    ['handshake', 'capabilities', true, 'yes'],
  ])('%s: %s', async ([operation, field, right, wrong], { core, gateway, faultsOf }) => {
    core.answer(reply(200, operationOf(operation).answer))
    const fits = { ...validInput(operationOf(operation)), [field]: { ...mapOf(63, right), ['x'.repeat(128)]: right } }
    for (const { status, text } of await Promise.all([
      gateway.rest('POST', operationOf(operation).path, fits),
      gateway.native(operation, fits),
      gateway.mcp(operation, fits),
    ])) {
      expect(status, text).toBe(200)
    }
    const tooMany = [{ path: field, message: 'must have at most 64 entries' }]
    expect((await faultsOf(operation, { [field]: mapOf(65, right) })).issues).toEqual(tooMany)
    // The values of a map that is too large are not validated.
    expect(await faultsOf(operation, { [field]: mapOf(20_000, wrong) })).toEqual({
      issues: tooMany,
      issues_omitted: undefined,
    })
    const { issues } = await faultsOf(operation, { [field]: { ['x'.repeat(129)]: right } })
    expect(issues).toEqual([
      { path: `${field}["${'x'.repeat(128)}…"]`, message: 'a key must have at most 128 characters' },
    ])
    expect((await faultsOf(operation, { [field]: mapOf(64, wrong) })).issues).toHaveLength(64)
  })
})

describe('the elements of a list that is too long are not validated', () => {
  test.for<[string, string, number]>([
    ['sessions.create', 'tags', 64],
    ['errors.correlate', 'candidate_event_ids', 100],
    ['signals.ingestBatch', 'events', 1000],
  ])('%s: %s', async ([operation, field, max], { faultsOf }) => {
    const message = `must have at most ${max} elements`
    expect(await faultsOf(operation, { [field]: numbered(20_000, () => 5) })).toEqual({
      issues: [{ path: field, message }],
      issues_omitted: undefined,
    })
  })
})

test('a problem limits a caller’s long key, path or type', async ({ rejections, faultsOf }) => {
  const long = 'x'.repeat(MIB)
  const { issues } = await faultsOf('sessions.resolve', { [long]: 1 })
  expect(issues[0]?.path).toBe(`["${'x'.repeat(128)}…"]`)
  const deep = numbered(60, () => 'y'.repeat(1_000)).reduceRight<unknown>((inner, key) => ({ [key]: inner }), {
    __proto_: 1,
  })
  const bad = JSON.parse(JSON.stringify({ deep }).replace('__proto_', '__proto__'))
  const answers = await rejections('sessions.create', { config_snapshot: bad.deep })
  for (const { problem, text } of answers) {
    expect(problem?.issues?.[0]?.path.length).toBeLessThanOrEqual(513)
    expect(text.length).toBeLessThan(10_000)
  }
})

test('validation of a response stops at the first issue', async ({ core, gateway }) => {
  const session = operationOf('sessions.create').answer as object
  core.answer(reply(200, { ...session, tags: numbered(200_000, () => 5) }))
  const { status, problem } = await gateway.rest('POST', '/sessions', validInput(operationOf('sessions.create')))
  expect({ status, issues: problem?.issues?.map(({ path }) => path) }).toEqual({ status: 502, issues: ['tags[0]'] })
})
