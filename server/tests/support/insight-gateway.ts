import { test as base } from 'vitest'
import { openStream, type ReadStream } from './event-stream.ts'
import { startInsightCore } from './insight-core.ts'
import { startTestGateway, type TestGateway } from './test-gateway.ts'

type Settings = NonNullable<Parameters<typeof startTestGateway>[1]>

const DEFAULTS: Settings = { pingMs: 50, upstream: { maxRetries: 0 } }

/** Adds a Core with insights, a gateway in front of it, and `watch`, which opens a stream over REST. */
export const test = base
  .extend('settings', {} as Settings)
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the fixtures wanted from the pattern.
  .extend('core', async ({}, { onCleanup }) => {
    const core = await startInsightCore()
    onCleanup(() => core.close())
    return core
  })
  .extend('gateway', async ({ core, settings }, { onCleanup }) => {
    const gateway = await startTestGateway(core, { ...DEFAULTS, ...settings })
    onCleanup(async () => {
      await gateway.close()
    })
    return gateway
  })
  .extend('watch', ({ gateway }, { onCleanup }) => {
    const streams: ReadStream[] = []
    onCleanup(() => {
      for (const stream of streams) stream.close()
    })
    return async (query: string, headers?: Record<string, string>) => {
      const stream = await openStream(`${gateway.url}/api/achilles/v1/mcp/signals/insights/stream?${query}`, headers)
      streams.push(stream)
      return stream
    }
  })

/** Sends an event, after which the gateway polls Core for the session's insights. */
export const sendBatch = ({ rest }: Pick<TestGateway, 'rest'>, session_id: string, headers?: Record<string, string>) =>
  rest('POST', '/signals/events', { event_type: 'error', source_type: 'ide', session_id }, headers)

export async function countStreams({ metrics: { registry } }: TestGateway) {
  const read = async (name: string) => (await registry.getSingleMetric(name)?.get())?.values[0]?.value
  return { streams: await read('insight_streams'), sessions: await read('insight_sessions_polled') }
}
