import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ClientBench } from './run-client-bench.ts'

const EVENTS = 200

let dir: string
let printed: string
let bench: ClientBench

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'client-bench-test-'))
  const json = join(dir, 'bench.json')
  const main = new URL('./main.ts', import.meta.url).pathname
  const args = ['--import', import.meta.resolve('tsx'), main, '--rounds', '1', '--events', `${EVENTS}`, '--json', json]
  printed = (await promisify(execFile)(process.execPath, args)).stdout
  bench = JSON.parse(await readFile(json, 'utf8')) as ClientBench
}, 120_000)

afterAll(() => rm(dir, { recursive: true }))

test('reports the settings and the machine', () => {
  expect(bench).toMatchObject({ node: process.version, rounds: 1, events: EVENTS, cores: expect.any(Number) })
  expect(Object.keys(bench.versions)).toContain('posthog-node')
  expect(bench.recorders.map(({ name }) => name)).toEqual([
    'achilles',
    'achilles, file spool',
    'posthog-node',
    'OpenTelemetry',
  ])
  for (const { name } of bench.recorders) expect(printed).toContain(`\n${name} `)
})

test('every recorder delivers every event', () => {
  for (const { name, median } of bench.recorders) {
    expect([name, median.delivery.arrived, median.burst.arrived, median.memory.held]).toEqual([
      name,
      EVENTS,
      EVENTS,
      EVENTS,
    ])
  }
})

test('each figure is above 0, and the median of one round is that round', () => {
  for (const { median, rounds } of bench.recorders) {
    expect(rounds).toEqual([median])
    const figures = Object.values(median).flatMap((measure) => Object.values(measure) as number[])
    expect(figures).toHaveLength(9)
    expect(figures.every((figure) => Number.isFinite(figure) && figure > 0)).toBe(true)
  }
})
