import type { SampleEvent } from '../sample-event.ts'
import type { Endpoint } from './endpoint.ts'

type Batch = { batch: { properties: SampleEvent }[] }

/** PostHog's `/batch/`. */
export const POSTHOG_ENDPOINT: Endpoint = {
  sequencesIn: (body) => (body as Batch).batch.map(({ properties }) => properties.payload.sequence),
  answerTo: () => ({ status: 1 }),
}
