import type { SubjectRule } from './insight-rule.ts'

const LOW_CONFIDENCE = 0.5
const MIN_EVENTS = 10
const MIN_SHARE = 0.3

export const lowConfidenceAttribution: SubjectRule = {
  isFound: ({ count, considered }) => count >= MIN_EVENTS && count >= MIN_SHARE * considered,
  toShare({ attribution_confidence }) {
    if (attribution_confidence === undefined) return undefined
    return { subject: '', matches: attribution_confidence < LOW_CONFIDENCE }
  },
  find({ first, count, considered }) {
    return {
      first,
      severity: 'low',
      category: 'quality',
      title: 'Uncertain attribution',
      message: `${count} of ${considered} attributed events have a confidence under ${LOW_CONFIDENCE}.`,
      payload: { low_confidence_events: count, attributed_events: considered, threshold: LOW_CONFIDENCE },
    }
  },
}
