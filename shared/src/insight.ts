import * as z from 'zod'
import { openEnum } from './open-enum.ts'
import { answeredObject, answeredTime, id, time, wholeNumber } from './primitives.ts'

/** How much an insight matters. */
export const InsightSeverity = z
  .enum(['info', 'low', 'medium', 'high', 'critical'])
  .meta({ id: 'InsightSeverity', description: 'How much an insight matters.', examples: ['medium'] })
export type InsightSeverity = z.infer<typeof InsightSeverity>

/** What an insight is about. */
export const InsightCategory = z
  .enum(['productivity', 'quality', 'reliability', 'security', 'performance', 'cost', 'agent_behavior'])
  .meta({ id: 'InsightCategory', description: 'What an insight is about.', examples: ['quality'] })
export type InsightCategory = z.infer<typeof InsightCategory>

/** Asks what Core has learned from a session. */
export const MCPInsightsQuery = z
  .strictObject({
    session_id: id().describe('The session asked about.'),
    since: time().optional().describe('Only insights made at or after this time.'),
    limit: wholeNumber(1, 200).default(50).describe('Insights to answer with, at most.'),
  })
  .meta({
    id: 'MCPInsightsQuery',
    description: 'Asks what Core has learned from a session.',
    examples: [{ session_id: 'ses_8c41', limit: 20 }],
  })
export type MCPInsightsQuery = z.input<typeof MCPInsightsQuery>

/** Something worth knowing that Core found in a session. */
export const InsightOut = z
  .looseObject({
    insight_id: z.string(),
    session_id: z.string(),
    severity: openEnum('InsightSeverity', InsightSeverity),
    category: openEnum('InsightCategory', InsightCategory),
    title: z.string(),
    message: z.string(),
    agent_id: z.string().nullable().optional().describe('The agent that it is about, if it is about one.'),
    payload: answeredObject().describe('The figures behind it.'),
    created_at: answeredTime(),
  })
  .meta({
    id: 'InsightOut',
    description: 'Something worth knowing that Core found in a session.',
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
