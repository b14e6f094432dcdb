import * as z from 'zod'
import { id, integer, list } from './primitives.ts'

/** Scores which of the candidate events may have caused an error. */
export const MCPErrorCorrelationRequest = z
  .strictObject({
    session_id: id(),
    error_event_id: id().describe('The error event.'),
    candidate_event_ids: list(id(), { min: 1, max: 100 }).describe('The events that may have caused the error.'),
    fingerprint: z.string().optional().describe('Identifies errors of the same kind.'),
    window_seconds: integer(1, 86400).optional().describe('How far before the error a cause may lie, in seconds.'),
  })
  .meta({
    id: 'MCPErrorCorrelationRequest',
    description:
      'Scores which of the candidate events may have caused an error. Send an `Idempotency-Key` to make it safe to repeat.',
    examples: [
      {
        session_id: 'ses_8c41',
        error_event_id: '0198e9a2-7a10-7000-8000-000000000003',
        candidate_event_ids: ['0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11'],
        window_seconds: 600,
      },
    ],
  })
export type MCPErrorCorrelationRequest = z.input<typeof MCPErrorCorrelationRequest>

/** How likely an event caused the error: `score` from 0 to 1. */
export const ErrorCorrelation = z
  .looseObject({ event_id: z.string(), score: z.number().min(0).max(1), reason: z.string() })
  .meta({
    id: 'ErrorCorrelation',
    description: 'How likely an event caused the error: `score` from 0 to 1.',
    examples: [
      { event_id: '0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11', score: 0.8, reason: 'edited the failing file 40 s before' },
    ],
  })
export type ErrorCorrelation = z.output<typeof ErrorCorrelation>

/** The correlations that Core found and stored. */
export const MCPErrorCorrelationResponse = z
  .looseObject({
    correlation_id: z.string(),
    session_id: z.string(),
    error_event_id: z.string(),
    correlations: z.array(ErrorCorrelation),
  })
  .meta({
    id: 'MCPErrorCorrelationResponse',
    description: 'The correlations that Core found and stored.',
    examples: [
      {
        correlation_id: 'cor_0b6d',
        session_id: 'ses_8c41',
        error_event_id: '0198e9a2-7a10-7000-8000-000000000003',
        correlations: [
          {
            event_id: '0198e9a2-5f0e-7c31-9d6b-2f4f0a8a1c11',
            score: 0.8,
            reason: 'edited the failing file 40 s before',
          },
        ],
      },
    ],
  })
export type MCPErrorCorrelationResponse = z.output<typeof MCPErrorCorrelationResponse>
