import { describe, expect, test } from 'vitest'
import type { BenchResult } from '../run-bench.ts'
import { measured } from '../testing/measured.ts'
import { benchChart, formatCpuTime } from './bench-chart.ts'

const RESULT: BenchResult = {
  at: '2026-11-25T17:05:00.000Z',
  machine: { node: 'v20.19.0', cpu: 'A & B <CPU>', cores: 2, system: 'linux' },
  rounds: 5,
  measureMs: 2000,
  contenders: ['gateway', 'docs-wired', 'fastapi'].map((name) => ({ name, about: '' })),
  measurements: [
    measured('fastapi', 'REST session', 8640),
    measured('gateway', 'REST session', 840),
    measured('gateway', 'REST session', 777, 1),
    measured('gateway', 'native session', 312),
    measured('docs-wired', 'native session', 624),
    measured('gateway', 'REST batch of 500', 555),
  ],
  outcomes: [],
  tail: undefined,
}
const SVG = benchChart(RESULT)

const textsOf = (svg: string) => [...svg.matchAll(/<text\b[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)

const barWidths = (svg: string) =>
  [...svg.matchAll(/<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="16" fill="(#\w+)"/g)].map(
    ([, width, color]) => ({ color, width: Number(width) }),
  )

test('names every case, contender and value, the gateway first', () => {
  expect(textsOf(SVG)).toEqual(
    expect.arrayContaining([
      'CPU time per request',
      ...['REST session', 'Native session', 'gateway', 'docs-wired', 'fastapi'],
      ...['840 µs', '8.6 ms', '312 µs', '624 µs'],
      'Node 20.19.0 · A &amp; B &lt;CPU&gt; · medians of 5 × 2 s · 2026-11-25',
    ]),
  )
  expect(SVG.indexOf('840 µs')).toBeLessThan(SVG.indexOf('8.6 ms'))
})

test('shows only its own cases, at 32 connections', () => {
  expect(SVG).not.toMatch(/777|555|batch/)
})

test('each panel has its own scale from 0', () => {
  const [gateway, fastapi, native, docsWired] = barWidths(SVG)
  expect([gateway?.color, fastapi?.color]).toEqual(['#2563eb', '#c3cad5'])
  expect(native?.width).toBeCloseTo((docsWired?.width ?? 0) / 2, 0)
  expect(docsWired?.width).toBe(fastapi?.width)
  expect(gateway?.width).toBeLessThan((fastapi?.width ?? 0) / 9)
})

test('the same result gives the same SVG', () => {
  expect(benchChart(structuredClone(RESULT))).toBe(SVG)
})

test('is well-formed and small, without scripts and external resources', () => {
  const open: string[] = []
  const rest = SVG.replaceAll(/<(\/?)(\w+)((?: [\w:-]+="[^"<&]*")*)(\/?)>/g, (_, closes, name, _attributes, empty) => {
    if (closes) expect(open.pop()).toBe(name)
    else if (!empty) open.push(name)
    return ''
  })
  expect(open).toEqual([])
  expect(rest.replaceAll(/&(?:amp|lt|gt|quot|#\d+);/g, '')).not.toMatch(/[<>&]/)
  expect(SVG.length).toBeLessThan(30_000)
  expect(SVG).not.toMatch(/<(?:script|style|image|use)|\b(?:id|class|href)=|NaN|undefined/)
})

test('no figures: an error', () => {
  expect(() => benchChart({ ...RESULT, measurements: [] })).toThrow(
    'there are no figures for the chart at 32 connections',
  )
})

describe('formatCpuTime', () => {
  test.each([
    [0.4, '0 µs'],
    [839.6, '840 µs'],
    [999.4, '999 µs'],
    [999.5, '1.0 ms'],
    [8649, '8.6 ms'],
    [1_234_567, '1234.6 ms'],
  ])('%d', (micros, expected) => {
    expect(formatCpuTime(micros)).toBe(expected)
  })
})
