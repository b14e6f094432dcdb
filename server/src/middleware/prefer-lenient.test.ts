import { expect, test } from 'vitest'
import { prefersLenient } from './prefer-lenient.ts'

test.each([
  'handling=lenient',
  'Handling = Lenient',
  'handling="lenient"',
  'respond-async, handling=lenient',
  'handling=lenient; why=partial, wait=10',
  'handling=lenient, handling=strict',
])('%s prefers partial success', (header) => {
  expect(prefersLenient(header)).toBe(true)
})

test.each([
  undefined,
  '',
  'lenient',
  'handling',
  'handling=strict',
  'handling=strict, handling=lenient',
  'x-handling=lenient',
])('%s does not', (header) => {
  expect(prefersLenient(header)).toBe(false)
})
