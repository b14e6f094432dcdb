import { describe, expect, test } from 'vitest'
import type { BenchResult } from '../run-bench.ts'
import { measured } from '../testing/measured.ts'
import { benchTables, printTable } from './bench-tables.ts'

const RESULT: BenchResult = {
  at: '2026-11-25T17:05:00.000Z',
  machine: { node: 'v20.19.0', cpu: 'A CPU', cores: 2, system: 'linux' },
  rounds: 5,
  measureMs: 2000,
  contenders: [
    { name: 'gateway', about: 'this one' },
    { name: 'docs-wired', about: 'another' },
  ],
  measurements: [
    measured('gateway', 'REST session', 400.4),
    measured('docs-wired', 'REST session', 1000),
    measured('gateway', 'REST session', 500, 1),
    measured('docs-wired', 'native session', 700),
  ],
  outcomes: [{ case: 'REST session', of: 'gateway', against: 'docs-wired', atMost: 0.5, share: 0.4, met: true }],
  tail: {
    case: 'REST session',
    rate: 1234,
    medians: { gateway: measured('', '', 410).median },
  },
}

const cellsOf = (tables: string) => tables.split('\n').map((line) => line.split(/ {2,}/))

test('a table per case, then the tail and the targets', () => {
  expect(cellsOf(benchTables(RESULT))).toEqual([
    ['gateway: this one'],
    ['docs-wired: another'],
    [''],
    ['REST session', 'connections', 'CPU/request', '× gateway’s', 'requests/s', 'p50', 'p99', 'memory'],
    ['gateway', '32', '400 µs', '1.00×', '2048', '3.46 ms', '12.30 ms', '99 MB'],
    ['docs-wired', '32', '1000 µs', '2.50×', '2048', '3.46 ms', '12.30 ms', '99 MB'],
    ['gateway', '1', '500 µs', '1.00×', '2048', '3.46 ms', '12.30 ms', '99 MB'],
    [''],
    ['native session', 'connections', 'CPU/request', '× gateway’s', 'requests/s', 'p50', 'p99', 'memory'],
    ['docs-wired', '32', '700 µs', '2048', '3.46 ms', '12.30 ms', '99 MB'],
    [''],
    ['REST session, 1234 a second', 'p50', 'p99', 'CPU/request'],
    ['gateway', '3.46 ms', '12.30 ms', '410 µs'],
    [''],
    ['target: CPU per request', 'against', 'share', 'at most'],
    ['REST session, gateway', 'docs-wired', '0.40', '0.50', 'met'],
    [''],
  ])
})

test('omits the tables of tail and targets if there are none', () => {
  const tables = benchTables({ ...RESULT, tail: undefined, outcomes: [] })
  expect(tables).not.toMatch(/a second|target/)
})

test('reports a missed target', () => {
  const outcomes = RESULT.outcomes.map((one) => ({ ...one, met: false }))
  expect(benchTables({ ...RESULT, outcomes })).toMatch(/0\.40 +0\.50 +missed\n/)
})

describe('printTable', () => {
  test('the first column is left-aligned, all others right-aligned', () => {
    const table = printTable(
      ['recorder', 'events/s', '×'],
      [
        ['ours', '100,000', '1.00'],
        ['another one', '9', '0.00'],
      ],
    )
    expect(table.split('\n')).toEqual([
      'recorder     events/s     ×',
      'ours          100,000  1.00',
      'another one         9  0.00',
      '',
    ])
  })

  test('headers alone are a table', () => {
    expect(printTable(['a', 'b'], [])).toBe('a  b\n')
  })
})
