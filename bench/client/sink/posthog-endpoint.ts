import type { SampleEvent } from '../sample-event.ts'
import type { Endpoint } from './endpoint.ts'

type Batch = { batch: { properties: SampleEvent }[] }

export const POSTHOG_ENDPOINT: Endpoint = {
  getSequences: (body) => (body as Batch).batch.map(({ properties }) => properties.payload.sequence),
  respond: () => ({ status: 1 }),
}
