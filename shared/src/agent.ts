import * as z from 'zod'
import { answeredTime, id, jsonObject, number, time, wholeNumber } from './primitives.ts'

/** How an agent did in a window of time. */
export const MCPAgentPerformanceSnapshot = z
  .strictObject({
    session_id: id(),
    agent_id: id(),
    window_start: time().describe('When the window begins: RFC 3339, with `Z` or an offset.'),
    window_end: time().describe('When it ends.'),
    tasks_completed: wholeNumber(0),
    tasks_failed: wholeNumber(0),
    suggestions_shown: wholeNumber(0).optional().describe('Suggestions that a person saw.'),
    suggestions_accepted: wholeNumber(0).optional().describe('Those of them that were taken.'),
    latency_ms_p50: number(0).optional().describe('The median latency, in milliseconds.'),
    latency_ms_p95: number(0).optional().describe('The latency that 95 % stayed within, in milliseconds.'),
    tokens_in: wholeNumber(0).optional().describe('Tokens that the agent was given.'),
    tokens_out: wholeNumber(0).optional().describe('Tokens that it produced.'),
    cost_usd: number(0).optional().describe('What it cost, in US dollars.'),
    metadata_: jsonObject().optional().describe('Free: what else is known.'),
  })
  .meta({
    id: 'MCPAgentPerformanceSnapshot',
    description: 'How an agent did in a window of time. Send an `Idempotency-Key` to make it safe to repeat.',
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

/** The performance snapshot that Core keeps. */
export const MCPAgentPerformanceResponse = z
  .looseObject({ snapshot_id: z.string(), session_id: z.string(), agent_id: z.string(), created_at: answeredTime() })
  .meta({
    id: 'MCPAgentPerformanceResponse',
    description: 'The performance snapshot that Core keeps.',
    examples: [
      { snapshot_id: 'aps_2e90', session_id: 'ses_8c41', agent_id: 'reviewer', created_at: '2026-03-02T10:00:00.204Z' },
    ],
  })
export type MCPAgentPerformanceResponse = z.output<typeof MCPAgentPerformanceResponse>
