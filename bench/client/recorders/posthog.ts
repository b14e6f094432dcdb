import { PostHog } from 'posthog-node'
import type { EventRecorder } from './recorder.ts'

export async function openPostHog(url: string): Promise<EventRecorder> {
  const client = new PostHog('phc_bench', { host: url })
  return {
    record: (event) => client.capture({ distinctId: 'ada', event: event.event_type, properties: event }),
    flush: () => client.flush(),
    close: () => client.shutdown(),
  }
}
