import { expect, test } from 'vitest'
import { readConfig } from '../../config.ts'
import { line, redact } from './check-result.ts'
import { printRow } from './run-doctor.ts'

const show = redact(readConfig({}))
const plain = (_format: unknown, text: string) => text
const marked = (format: unknown, text: string) => `<${String(format)}>${text}</>`

test('columns are aligned, whatever their content', () => {
  const rows = [
    { verdict: 'ok', check: 'health', ms: 12.4, seen: line`SEEN` },
    { verdict: 'skipped', check: 'unknown project', seen: line`SEEN` },
    { verdict: 'fault', check: 'Core', ms: 12_345.6, seen: line`SEEN` },
  ] as const
  const printed = rows.map((row) => printRow(row, { paint: plain, show }))
  expect(printed[0]).toBe('ok       health            12 ms  SEEN\n')
  expect(new Set(printed.map((row) => row.indexOf('SEEN'))).size).toBe(1)
})

test('advice is on the next line; the verdict is coloured', () => {
  const row = { verdict: 'fault', check: 'health', ms: 3, seen: line`SEEN`, advice: line`ADVICE` } as const
  const [first = '', advice = ''] = printRow(row, { paint: plain, show }).split('\n')
  expect(advice.indexOf('→')).toBe(first.indexOf('SEEN'))
  expect(printRow(row, { paint: marked, show })).toMatch(/^<red>fault {2}<\/> {2}health/)
})
