import { z } from 'zod'
import { openEnum } from './open-enum.ts'
import { id, jsonObject, number, time } from './primitives.ts'

/** What happened. */
export const EventType = z
  .enum([
    'file_opened',
    'file_edited',
    'file_saved',
    'file_closed',
    'command_executed',
    'test_run',
    'build_run',
    'debug_run',
    'git_operation',
    'diagnostic_reported',
    'agent_prompt',
    'agent_response',
    'tool_call',
    'tool_result',
    'suggestion_shown',
    'suggestion_accepted',
    'suggestion_rejected',
    'error',
    'custom',
  ])
  .meta({ id: 'EventType', description: 'What happened.', examples: ['file_edited'] })
export type EventType = z.infer<typeof EventType>

/** Where an event was seen. */
export const SourceType = z
  .enum(['ide', 'agent', 'cli', 'ci', 'system'])
  .meta({ id: 'SourceType', description: 'Where an event was seen.', examples: ['ide'] })
export type SourceType = z.infer<typeof SourceType>

/** Whose work an event is. */
export const AttributionSource = z
  .enum(['human', 'agent', 'mixed', 'unknown'])
  .meta({ id: 'AttributionSource', description: 'Whose work an event is.', examples: ['human'] })
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

/** One thing that happened in a session. The client makes `event_id`; sending it again is safe. */
export const MCPEvent = z
  .strictObject({
    event_id: id().describe('Made by the client, unique; sending it again is safe.'),
    event_type: EventType,
    source_type: SourceType,
    session_id: id(),
    timestamp: time(),
    project_id: id().optional(),
    workspace_id: id().optional(),
    user_id: id().optional(),
    agent_id: id().optional(),
    parent_event_id: id().optional(),
    correlation_id: id().optional(),
    file_path: z.string().optional(),
    language: z.string().optional(),
    duration_ms: number(0).optional(),
    attribution_source: AttributionSource.optional(),
    attribution_confidence: number(0, 1).optional(),
    agent_metadata: jsonObject().optional(),
    metadata_: jsonObject().optional(),
    payload: jsonObject().optional(),
  })
  .meta({
    id: 'MCPEvent',
    description: 'One thing that happened in a session. The client makes `event_id`; sending it again is safe.',
    examples: [event],
  })
export type MCPEvent = z.input<typeof MCPEvent>

/** How many events a batch may hold. */
export const MAX_BATCH_EVENTS = 1000

/** 1–1000 events, no `event_id` twice. One invalid event refuses the whole batch. */
export const MCPEventBatch = z
  .strictObject({
    events: z
      .array(MCPEvent)
      .min(1)
      .max(MAX_BATCH_EVENTS)
      .superRefine((events, context) => {
        const firstAt = new Map<string, number>()
        for (const [index, { event_id }] of events.entries()) {
          const first = firstAt.get(event_id)
          if (first === undefined) firstAt.set(event_id, index)
          else
            context.addIssue({
              code: 'custom',
              path: [index, 'event_id'],
              message: `same event_id as events[${first}]`,
            })
        }
      }),
  })
  .meta({
    id: 'MCPEventBatch',
    description: '1–1000 events, no `event_id` twice. One invalid event refuses the whole batch.',
    examples: [{ events: [event] }],
  })
export type MCPEventBatch = z.input<typeof MCPEventBatch>

/** What became of an event that Core took. */
export const EventStatus = z
  .enum(['accepted', 'duplicate'])
  .meta({ id: 'EventStatus', description: 'What became of an event that Core took.', examples: ['accepted'] })
export type EventStatus = z.infer<typeof EventStatus>

/** An event that Core holds: now (`accepted`) or before (`duplicate`). */
export const EventBatchResult = z
  .looseObject({ event_id: z.string(), status: openEnum('EventStatus', EventStatus) })
  .meta({
    id: 'EventBatchResult',
    description: 'An event that Core holds: now (`accepted`) or before (`duplicate`).',
    examples: [{ event_id: event.event_id, status: 'accepted' }],
  })
export type EventBatchResult = z.output<typeof EventBatchResult>

/** An event that Core did not take, and why. */
export const EventBatchFailed = z
  .looseObject({ event_id: z.string(), error: z.string(), code: z.string().optional() })
  .meta({
    id: 'EventBatchFailed',
    description: 'An event that Core did not take, and why.',
    examples: [{ event_id: event.event_id, error: 'session ses_8c41 is unknown', code: 'UNKNOWN_SESSION' }],
  })
export type EventBatchFailed = z.output<typeof EventBatchFailed>

/** What became of each event of a batch. A partial success is a success: look at `failed`. */
export const EventBatchResponse = z
  .looseObject({ results: z.array(EventBatchResult), failed: z.array(EventBatchFailed) })
  .meta({
    id: 'EventBatchResponse',
    description: 'What became of each event of a batch. A partial success is a success: look at `failed`.',
    examples: [{ results: [{ event_id: event.event_id, status: 'accepted' }], failed: [] }],
  })
export type EventBatchResponse = z.output<typeof EventBatchResponse>
