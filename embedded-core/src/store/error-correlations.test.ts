import { expect, test } from 'vitest'
import { fakeEvent } from '../testing/fake-event.ts'
import { scoreCandidate } from './error-correlations.ts'

const error = fakeEvent(100, {
  event_type: 'error',
  file_path: 'a.ts',
  correlation_id: 'c',
  parent_event_id: 'e90',
})
const score = (seconds: number, event: Parameters<typeof fakeEvent>[1]) =>
  scoreCandidate(error, fakeEvent(seconds, event), 100).score

test('an event that cannot have caused the error scores 0, with a reason', () => {
  expect(scoreCandidate(error, undefined, 100)).toEqual({ score: 0, reason: 'no such event in this session' })
  expect(scoreCandidate(error, error, 100)).toEqual({ score: 0, reason: 'the error itself' })
  expect(scoreCandidate(error, fakeEvent(101, { event_type: 'error' }), 100).reason).toBe('happened after the error')
  expect(scoreCandidate(error, fakeEvent(0, { event_type: 'error' }), 99).reason).toBe(
    'more than 99 s before the error',
  )
})

test('each rule adds to the score, up to 1', () => {
  const plain = score(50, { event_type: 'custom' })
  expect(score(60, { event_type: 'custom' })).toBeGreaterThan(plain)
  expect(score(50, { event_type: 'file_edited' })).toBeGreaterThan(plain)
  expect(score(50, { event_type: 'custom', file_path: 'a.ts' })).toBeGreaterThan(plain)
  expect(score(50, { event_type: 'custom', correlation_id: 'c' })).toBeGreaterThan(plain)
  expect(score(50, { event_type: 'custom', event_id: 'e90' })).toBeGreaterThan(plain)
  expect(score(90, { event_type: 'file_edited', file_path: 'a.ts', correlation_id: 'c' })).toBe(1)
})

test('a field that both events lack does not count as shared', () => {
  const bare = fakeEvent(100, { event_type: 'error' })
  expect(scoreCandidate(bare, fakeEvent(50, { event_type: 'custom' }), 100)).toEqual({
    score: 0.125,
    reason: '50 s before',
  })
})
