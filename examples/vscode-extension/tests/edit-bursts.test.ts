import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EditBursts } from '../src/edit-bursts.ts'

const lines = { lines_added: 1, lines_removed: 2 }
const file = (file_path: string) => ({ file_path, language: 'typescript' })

let told: unknown[]
let bursts: EditBursts

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
  told = []
  bursts = new EditBursts({
    quietMs: 2_000,
    longestMs: 5_000,
    onBurst: ({ file_path }, { first, last, ...counts }) => told.push([file_path, +first, +last, counts]),
  })
})

afterEach(() => {
  vi.useRealTimers()
})

test('edits of a file are one burst until it has been quiet; other files have their own', () => {
  bursts.add(file('a.ts'), lines)
  vi.advanceTimersByTime(1_500)
  bursts.add(file('a.ts'), lines)
  bursts.add(file('b.ts'), lines)
  vi.advanceTimersByTime(1_999)
  expect(told).toEqual([])
  vi.advanceTimersByTime(1)
  expect(told).toEqual([
    ['a.ts', 0, 1_500, { edits: 2, lines_added: 2, lines_removed: 4 }],
    ['b.ts', 1_500, 1_500, { edits: 1, ...lines }],
  ])
})

test('who never rests is told of all the same', () => {
  for (let edit = 0; edit < 11; edit++) {
    bursts.add(file('a.ts'), lines)
    vi.advanceTimersByTime(1_000)
  }
  expect(told).toMatchObject([
    ['a.ts', 0, 4_000, { edits: 5 }],
    ['a.ts', 5_000, 9_000, { edits: 5 }],
  ])
})

test('a burst that is finished is told once', () => {
  bursts.add(file('a.ts'), lines)
  bursts.finishAll()
  bursts.finish('a.ts')
  vi.advanceTimersByTime(10_000)
  expect(told).toHaveLength(1)
})
