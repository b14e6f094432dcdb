import * as z from 'zod'
import { id, jsonObject, list, number, openEnum, time } from './primitives.ts'
import { ATTRIBUTION_SOURCES, EVENT_TYPES, SOURCE_TYPES } from './rules.ts'

/** The type of an event. */
export const EventType = z
  .enum(EVENT_TYPES)
  .meta({ id: 'EventType', description: 'The type of an event.', examples: ['file_edited'] })
export type EventType = z.infer<typeof EventType>

/** The source of an event. */
export const SourceType = z
  .enum(SOURCE_TYPES)
  .meta({ id: 'SourceType', description: 'The source of an event.', examples: ['ide'] })
export type SourceType = z.infer<typeof SourceType>

/** Who did the work in an event. */
export const AttributionSource = z
  .enum(ATTRIBUTION_SOURCES)
  .meta({ id: 'AttributionSource', description: 'Who did the work in an event.', examples: ['human'] })
export type AttributionSource = z.infer<typeof AttributionSource>

const event = {
  event_id: '0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11',
  event_type: 'file_edited',
  source_type: 'ide',
  session_id: 'ses_8c41',
  timestamp: '2026-03-02T09:04:11.250Z',
  file_path: 'src/cart.ts',
  language: 'typescript',
  attribution_source: 'human',
  attribution_confidence: 0.98,
  payload: { lines_added: 12, lines_removed: 3 },
} as const

/** The error in the example of `MCPErrorCorrelationRequest`. */
const errorEvent = {
  event_id: '0198e9a2-7a10-7000-8000-000000000003',
  event_type: 'error',
  source_type: 'ide',
  session_id: 'ses_8c41',
  timestamp: '2026-03-02T09:04:51.250Z',
  file_path: 'src/cart.ts',
  payload: { message: 'TypeError: total is undefined' },
} as const

/** An event in a session. Senders that create `event_id` themselves may resend it safely. */
export const MCPEvent = z
  .strictObject({
    event_id: id()
      .optional()
      .describe(
        'Unique within its session. Create it yourself, so that resending the event is safe. Without it the gateway creates one.',
      ),
    event_type: EventType,
    source_type: SourceType,
    session_id: id().describe('The session of the event.'),
    timestamp: time()
      .optional()
      .describe('Time of the event: RFC 3339, with `Z` or an offset. Default: when the gateway received the request.'),
    project_id: id().optional(),
    workspace_id: id().optional(),
    user_id: id().optional(),
    agent_id: id().optional().describe('The agent that caused the event or that it is about.'),
    parent_event_id: id().optional().describe('The event that caused this one.'),
    correlation_id: id().optional().describe('Groups related events.'),
    file_path: z.string().optional().describe('The file that the event is about.'),
    language: z.string().optional().describe('The language of the file, e.g. `typescript`.'),
    duration_ms: number(0).optional().describe('Duration in milliseconds.'),
    attribution_source: AttributionSource.optional(),
    attribution_confidence: number(0, 1).optional().describe('Confidence of the attribution, from 0 to 1.'),
    agent_metadata: jsonObject().optional().describe('Any data about the agent.'),
    metadata_: jsonObject().optional().describe('Any data about the context of the event.'),
    payload: jsonObject().optional().describe('Any details of the event.'),
  })
  .meta({
    id: 'MCPEvent',
    description: 'An event in a session. Senders that create `event_id` themselves may resend it safely.',
    examples: [event],
  })
export type MCPEvent = z.input<typeof MCPEvent>

export const MAX_BATCH_EVENTS = 1000

/** 1–1000 events with distinct `event_id`s. One invalid event rejects the whole batch. */
export const MCPEventBatch = z.strictObject({ events: listOfEvents(MCPEvent) }).meta({
  id: 'MCPEventBatch',
  description: '1–1000 events with distinct `event_id`s. One invalid event rejects the whole batch.',
  examples: [{ events: [event, errorEvent] }],
})
export type MCPEventBatch = z.input<typeof MCPEventBatch>

/** An event as the gateway sends it to Core: with an id and a time. */
export type CompleteEvent = z.output<typeof MCPEvent> & { event_id: string; timestamp: string }

/** 1–1000 events with distinct ids. */
export function listOfEvents<Event extends z.ZodType<{ event_id?: string | undefined }>>(event: Event) {
  return list(event, { min: 1, max: MAX_BATCH_EVENTS }).superRefine((events, context) => {
    const firstAt = new Map<string, number>()
    for (const [index, { event_id }] of events.entries()) {
      if (event_id === undefined) continue
      const first = firstAt.get(event_id)
      if (first === undefined) firstAt.set(event_id, index)
      else context.addIssue({ code: 'custom', path: [index, 'event_id'], message: sameEventId(first) })
    }
  })
}

/** The message about a second event with an id; `first` is the index of the first one. */
export const sameEventId = (first: number): string => `same event_id as events[${first}]`

/** The result for an event that Core accepted. */
export const EventStatus = z
  .enum(['accepted', 'duplicate'])
  .meta({ id: 'EventStatus', description: 'The result for an event that Core accepted.', examples: ['accepted'] })
export type EventStatus = z.infer<typeof EventStatus>

/** An event that Core stored now (`accepted`) or before (`duplicate`). */
export const EventBatchResult = z
  .looseObject({ event_id: z.string(), status: openEnum('EventStatus', EventStatus) })
  .meta({
    id: 'EventBatchResult',
    description: 'An event that Core stored now (`accepted`) or before (`duplicate`).',
    examples: [{ event_id: event.event_id, status: 'accepted' }],
  })
export type EventBatchResult = z.output<typeof EventBatchResult>

/** An event that Core rejected, and why. */
export const EventBatchFailed = z
  .looseObject({ event_id: z.string(), error: z.string(), code: z.string().optional() })
  .meta({
    id: 'EventBatchFailed',
    description: 'An event that Core rejected, and why.',
    examples: [{ event_id: event.event_id, error: 'session ses_8c41 is unknown', code: 'UNKNOWN_SESSION' }],
  })
export type EventBatchFailed = z.output<typeof EventBatchFailed>

/** The result for each event of a batch. A partial success has status 200, so check `failed`. */
export const EventBatchResponse = z
  .looseObject({ results: z.array(EventBatchResult), failed: z.array(EventBatchFailed) })
  .meta({
    id: 'EventBatchResponse',
    description: 'The result for each event of a batch. A partial success has status 200, so check `failed`.',
    examples: [
      { results: [event, errorEvent].map(({ event_id }) => ({ event_id, status: 'accepted' as const })), failed: [] },
    ],
  })
export type EventBatchResponse = z.output<typeof EventBatchResponse>
