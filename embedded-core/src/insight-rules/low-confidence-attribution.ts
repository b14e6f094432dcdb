import type { SessionEvent } from '../store/events.ts'
import type { InsightRule } from './insight-rule.ts'

const LOW_CONFIDENCE = 0.5
const MIN_EVENTS = 10
const MIN_SHARE = 0.3

export const lowConfidenceAttribution: InsightRule = (events) => {
  let attributed = 0
  let low = 0
  let first: SessionEvent | undefined
  let completedBy: SessionEvent | undefined
  const holds = () => low >= MIN_EVENTS && low >= MIN_SHARE * attributed
  for (const event of events) {
    if (event.attribution_confidence === undefined) continue
    attributed++
    if (event.attribution_confidence < LOW_CONFIDENCE) {
      low++
      first ??= event
    }
    if (holds()) completedBy ??= event
  }
  if (!first || !completedBy || !holds()) return []
  return [
    {
      first,
      completedBy,
      severity: 'low',
      category: 'quality',
      title: 'Uncertain attribution',
      message: `${low} of ${attributed} attributed events have a confidence under ${LOW_CONFIDENCE}.`,
      payload: { low_confidence_events: low, attributed_events: attributed, threshold: LOW_CONFIDENCE },
    },
  ]
}
