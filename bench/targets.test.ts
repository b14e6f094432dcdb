import { expect, test } from 'vitest'
import { CASES } from './cases.ts'
import { CONTENDERS } from './contenders/contenders.ts'
import { checkTargets, TARGETS, type Target } from './targets.ts'
import { measured } from './testing/measured.ts'

const target = (atMost: number): Target => ({ case: 'REST session', of: 'gateway', against: 'docs-wired', atMost })
const MEASUREMENTS = [
  measured('gateway', 'REST session', 900, 1),
  measured('gateway', 'REST session', 400),
  measured('docs-wired', 'REST session', 800),
  measured('docs-wired', 'native session', 100),
]

test('a share compares CPU time at 32 connections, and may equal the target', () => {
  const targets = [target(0.51), target(0.5), target(0.49)]
  expect(checkTargets(MEASUREMENTS, targets)).toEqual([
    { ...targets[0], share: 0.5, met: true },
    { ...targets[1], share: 0.5, met: true },
    { ...targets[2], share: 0.5, met: false },
  ])
})

test.each([
  ['case', { case: 'native session' }],
  ['contender', { of: 'gateway, no grouping' }],
  ['one to compare with', { against: 'fastapi' }],
])('a target whose %s was not measured is omitted', (_, other) => {
  expect(checkTargets(MEASUREMENTS, [{ ...target(1), ...other }])).toEqual([])
})

test('measured only at other connections: omitted', () => {
  const atOne = MEASUREMENTS.map((one) => ({ ...one, connections: 1 }))
  expect(checkTargets(atOne, [target(1)])).toEqual([])
})

test.each(TARGETS)(
  '$of against $against in “$case” names measured contenders and cases',
  ({ case: name, of, against }) => {
    const surface = CASES.find((one) => one.name === name)?.surface
    for (const contender of [of, against]) {
      const found = CONTENDERS.find((one) => one.name === contender)
      expect(found?.surfaces).toContain(surface)
      expect(found?.cases ?? [name]).toContain(name)
    }
  },
)
