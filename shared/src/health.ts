import * as z from 'zod'
import { openEnum, timeInResponse } from './primitives.ts'

/** `degraded` while the circuit to Core is open, `draining` after a stop signal. */
export const HealthStatus = z.enum(['ok', 'degraded', 'draining']).meta({
  id: 'HealthStatus',
  description: '`degraded` while the circuit to Core is open, `draining` after a stop signal.',
  examples: ['ok'],
})
export type HealthStatus = z.infer<typeof HealthStatus>

/** The health of a server, and whether it accepts events. */
export const MCPHealthResponse = z
  .looseObject({
    status: openEnum('HealthStatus', HealthStatus),
    uptime_seconds: z.number().min(0).describe('Seconds since the start.'),
    accepting_signals: z.boolean().describe('Whether the server accepts events now.'),
    last_ingest_error_at: timeInResponse().nullable().describe('When storing events last failed; `null` if never.'),
  })
  .meta({
    id: 'MCPHealthResponse',
    description: 'The health of a server, and whether it accepts events.',
    examples: [{ status: 'ok', uptime_seconds: 3600.2, accepting_signals: true, last_ingest_error_at: null }],
  })
export type MCPHealthResponse = z.output<typeof MCPHealthResponse>
