import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BenchResult } from './run-bench.ts'

const CONTENDERS = ['gateway', 'hand-written']
const CASES = ['REST session', 'REST batch of 50']
const CONNECTIONS = [2, 32]

let dir: string
let printed: string
let chart: string
let result: BenchResult

/** Runs the bench in a child process, since it pins itself to one CPU. */
const bench = (...args: string[]) => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  return promisify(execFile)(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args])
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bench-test-'))
  const [json, svg] = [join(dir, 'bench.json'), join(dir, 'bench.svg')]
  const { stdout } = await bench(
    ...['--rounds', '1', '--seconds', '0.2', '--connections', CONNECTIONS.join()],
    ...['--contenders', CONTENDERS.join(), '--cases', CASES.join()],
    ...['--json', json, '--chart', svg],
  )
  printed = stdout
  chart = await readFile(svg, 'utf8')
  result = JSON.parse(await readFile(json, 'utf8'))
}, 120_000)
afterAll(() => rm(dir, { recursive: true, force: true }))

test('every contender is measured in every case at every number of connections', () => {
  const scenes = CASES.flatMap((name) =>
    CONNECTIONS.flatMap((connections) => CONTENDERS.map((contender) => ({ contender, case: name, connections }))),
  )
  expect(result.measurements).toMatchObject(scenes)
})

test('each figure is above 0, and the median of one round is that round', () => {
  const figures = result.measurements.flatMap(({ samples, median }) => {
    expect(samples).toEqual([median])
    return Object.values(median)
  })
  const tails = Object.values(result.tail?.medians ?? {}).flatMap((sample) => Object.values(sample))
  expect(figures).toHaveLength(8 * 5)
  expect(tails).toHaveLength(2 * 5)
  expect([...figures, ...tails].filter((figure) => !(Number.isFinite(figure) && figure > 0))).toEqual([])
})

test('the gateway is compared with its targets, and its tail latency with the hand-written server’s', () => {
  expect(result.outcomes.map(({ case: name, of, against }) => [name, of, against])).toEqual(
    CASES.map((name) => [name, 'gateway', 'hand-written']),
  )
  expect(Object.keys(result.tail?.medians ?? {})).toEqual(CONTENDERS)
  expect(result.tail?.rate).toBeGreaterThan(0)
})

test('prints tables and draws the chart', () => {
  for (const name of CASES) expect(printed).toMatch(new RegExp(`^${name} +connections`, 'm'))
  expect(printed).toMatch(/^target: CPU per request/m)
  expect(chart).toMatch(/^<svg .*hand-written.*<\/svg>\n$/s)
})

test('--help prints the usage, an invalid option one line', async () => {
  expect((await bench('--help')).stdout).toContain('--contenders LIST')
  await expect(bench('--cases', 'graphql')).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^--cases: “graphql” is in none of .*\n$/),
  })
})
