import type { SessionEvent } from './store/session-event.ts'

export interface Score {
  score: number
  reason: string
}

const WEIGHTS = { parent: 0.4, correlation: 0.3, file: 0.3, nearness: 0.25 }

const TYPE_WEIGHTS: Readonly<Record<string, number>> = {
  file_edited: 0.15,
  suggestion_accepted: 0.15,
  git_operation: 0.1,
  command_executed: 0.1,
  tool_call: 0.1,
  build_run: 0.05,
  test_run: 0.05,
}

/** Scores how likely `candidate` caused `error`; an unknown event, one after the error or outside the window scores 0. */
export function scoreCandidate(error: SessionEvent, candidate: SessionEvent | undefined, windowSeconds: number): Score {
  if (!candidate) return { score: 0, reason: 'no such event in this session' }
  if (candidate.event_id === error.event_id) return { score: 0, reason: 'the error itself' }
  const secondsBefore = (error.at_ms - candidate.at_ms) / 1000
  if (secondsBefore < 0) return { score: 0, reason: 'happened after the error' }
  if (secondsBefore > windowSeconds) return { score: 0, reason: `more than ${windowSeconds} s before the error` }

  const found: [weight: number, reason: string][] = []
  if (error.parent_event_id === candidate.event_id) found.push([WEIGHTS.parent, 'parent of the error'])
  if (error.correlation_id !== undefined && error.correlation_id === candidate.correlation_id)
    found.push([WEIGHTS.correlation, 'same correlation_id'])
  if (error.file_path !== undefined && error.file_path === candidate.file_path) found.push([WEIGHTS.file, 'same file'])
  const typeWeight = TYPE_WEIGHTS[candidate.event_type]
  if (typeWeight !== undefined) found.push([typeWeight, candidate.event_type])
  found.push([WEIGHTS.nearness * (1 - secondsBefore / windowSeconds), `${Math.round(secondsBefore)} s before`])

  const sum = found.reduce((total, [weight]) => total + weight, 0)
  return { score: Math.min(1, Math.round(sum * 1000) / 1000), reason: found.map(([, reason]) => reason).join(', ') }
}
