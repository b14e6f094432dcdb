import { expect, test } from 'vitest'
import { printRow } from './print-row.ts'

const marked = (format: unknown, text: string) => `<${String(format)}>${text}</>`

test('columns stand below each other, whatever is in them', () => {
  const rows = [
    { verdict: 'ok', check: 'health', ms: 12.4, seen: 'SEEN' },
    { verdict: 'skipped', check: 'unknown project', seen: 'SEEN' },
    { verdict: 'fault', check: 'Core', ms: 12_345.6, seen: 'SEEN' },
  ] as const
  const plain = rows.map((row) => printRow(row, (_format, text) => text))
  expect(plain[0]).toBe('ok       health            12 ms  SEEN\n')
  expect(new Set(plain.map((line) => line.indexOf('SEEN'))).size).toBe(1)
})

test('what to do stands below what was seen; colour is for the verdict', () => {
  const row = { verdict: 'fault', check: 'health', ms: 3, seen: 'SEEN', advice: 'ADVICE' } as const
  const [line = '', advice = ''] = printRow(row, (_format, text) => text).split('\n')
  expect(advice.indexOf('→')).toBe(line.indexOf('SEEN'))
  expect(printRow(row, marked)).toMatch(/^<red>fault {2}<\/> {2}health/)
})
