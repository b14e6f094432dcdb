import { expect, test } from 'vitest'
import { byName } from './by-name.ts'

const ALL = ['REST session', 'native session', 'REST batch of 50', 'REST batch of 500'].map((name) => ({ name }))
const chosen = (...parts: string[]) => byName(ALL, parts, 'cases').map(({ name }) => name)

test('no part selects everything', () => {
  expect(byName(ALL, [], 'cases')).toEqual(ALL)
})

test('a part selects all names that contain it, each once and in their own order', () => {
  expect(chosen('batch', 'REST')).toEqual(['REST session', 'REST batch of 50', 'REST batch of 500'])
})

test('a full name selects only that one, even if another name contains it', () => {
  expect(chosen('REST batch of 50')).toEqual(['REST batch of 50'])
})

test('a part of no name is an error that lists the names', () => {
  expect(() => chosen('session', 'graphql')).toThrow(/^--cases: “graphql” is in none of “REST session”, “native/)
})
