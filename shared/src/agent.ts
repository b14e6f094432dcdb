import * as z from 'zod'
import { id, integer, jsonObject, number, time, timeInResponse } from './primitives.ts'

/** The performance of an agent in a time window. */
export const MCPAgentPerformanceSnapshot = z
  .strictObject({
    session_id: id(),
    agent_id: id(),
    window_start: time().describe('Start of the window: RFC 3339, with `Z` or an offset.'),
    window_end: time().describe('End of the window.'),
    tasks_completed: integer(0),
    tasks_failed: integer(0),
    suggestions_shown: integer(0).optional().describe('Suggestions shown to the user.'),
    suggestions_accepted: integer(0).optional().describe('Shown suggestions that the user accepted.'),
    latency_ms_p50: number(0).optional().describe('Median latency in milliseconds.'),
    latency_ms_p95: number(0).optional().describe('95th percentile of the latency in milliseconds.'),
    tokens_in: integer(0).optional().describe('Input tokens.'),
    tokens_out: integer(0).optional().describe('Output tokens.'),
    cost_usd: number(0).optional().describe('Cost in US dollars.'),
    metadata_: jsonObject().optional().describe('Any further data.'),
  })
  .meta({
    id: 'MCPAgentPerformanceSnapshot',
    description: 'The performance of an agent in a time window. Send an `Idempotency-Key` to make it safe to repeat.',
    examples: [
      {
        session_id: 'ses_8c41',
        agent_id: 'reviewer',
        window_start: '2026-03-02T09:00:00Z',
        window_end: '2026-03-02T10:00:00Z',
        tasks_completed: 7,
        tasks_failed: 1,
        suggestions_shown: 24,
        suggestions_accepted: 15,
        latency_ms_p50: 820.5,
        latency_ms_p95: 2410,
        tokens_in: 51200,
        tokens_out: 9800,
        cost_usd: 0.42,
      },
    ],
  })
export type MCPAgentPerformanceSnapshot = z.input<typeof MCPAgentPerformanceSnapshot>

/** The stored performance snapshot. */
export const MCPAgentPerformanceResponse = z
  .looseObject({ snapshot_id: z.string(), session_id: z.string(), agent_id: z.string(), created_at: timeInResponse() })
  .meta({
    id: 'MCPAgentPerformanceResponse',
    description: 'The stored performance snapshot.',
    examples: [
      { snapshot_id: 'aps_2e90', session_id: 'ses_8c41', agent_id: 'reviewer', created_at: '2026-03-02T10:00:00.204Z' },
    ],
  })
export type MCPAgentPerformanceResponse = z.output<typeof MCPAgentPerformanceResponse>
