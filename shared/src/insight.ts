import * as z from 'zod'
import { id, integer, objectInResponse, openEnum, time, timeInResponse } from './primitives.ts'

/** The severity of an insight. */
export const InsightSeverity = z
  .enum(['info', 'low', 'medium', 'high', 'critical'])
  .meta({ id: 'InsightSeverity', description: 'The severity of an insight.', examples: ['medium'] })
export type InsightSeverity = z.infer<typeof InsightSeverity>

/** The category of an insight. */
export const InsightCategory = z
  .enum(['productivity', 'quality', 'reliability', 'security', 'performance', 'cost', 'agent_behavior'])
  .meta({ id: 'InsightCategory', description: 'The category of an insight.', examples: ['quality'] })
export type InsightCategory = z.infer<typeof InsightCategory>

/** Queries the insights of a session. */
export const MCPInsightsQuery = z
  .strictObject({
    session_id: id().describe('The session to query.'),
    since: time().optional().describe('Only insights created at or after this time.'),
    limit: integer(1, 200).default(50).describe('Maximum number of insights to return.'),
  })
  .meta({
    id: 'MCPInsightsQuery',
    description: 'Queries the insights of a session.',
    examples: [{ session_id: 'ses_8c41', limit: 20 }],
  })
export type MCPInsightsQuery = z.input<typeof MCPInsightsQuery>

/** Watches the insights of a session. */
export const MCPInsightsWatch = z
  .strictObject({
    session_id: id().describe('The session to watch.'),
    since: time().optional().describe('Only insights created at or after this time; by default all of the session.'),
    // The name that tRPC uses, and the only one that is not in snake case.
    lastEventId: id()
      .optional()
      .describe('The `insight_id` of the last received insight: the stream continues after it.'),
  })
  .meta({
    id: 'MCPInsightsWatch',
    description: 'Watches the insights of a session.',
    examples: [{ session_id: 'ses_8c41' }],
  })
export type MCPInsightsWatch = z.input<typeof MCPInsightsWatch>

/** A finding of Core about a session. */
export const InsightOut = z
  .looseObject({
    insight_id: z.string(),
    session_id: z.string(),
    severity: openEnum('InsightSeverity', InsightSeverity),
    category: openEnum('InsightCategory', InsightCategory),
    title: z.string(),
    message: z.string(),
    agent_id: z.string().nullable().optional().describe('The agent that the insight is about, if any.'),
    payload: objectInResponse().describe('The figures on which the insight is based.'),
    created_at: timeInResponse(),
  })
  .meta({
    id: 'InsightOut',
    description: 'A finding of Core about a session.',
    examples: [
      {
        insight_id: 'ins_77b2',
        session_id: 'ses_8c41',
        severity: 'medium',
        category: 'reliability',
        title: 'Burst of errors',
        message: '6 errors within 5 minutes.',
        agent_id: null,
        payload: { errors: 6, window_minutes: 5 },
        created_at: '2026-03-02T12:10:00.000Z',
      },
    ],
  })
export type InsightOut = z.output<typeof InsightOut>
