import * as z from 'zod'
import { openEnum } from './open-enum.ts'
import { answeredTime } from './primitives.ts'

/** `degraded` while the circuit to Core is open, `draining` after a stop signal. */
export const HealthStatus = z.enum(['ok', 'degraded', 'draining']).meta({
  id: 'HealthStatus',
  description: '`degraded` while the circuit to Core is open, `draining` after a stop signal.',
  examples: ['ok'],
})
export type HealthStatus = z.infer<typeof HealthStatus>

/** Whether a server is well and takes events. */
export const MCPHealthResponse = z
  .looseObject({
    status: openEnum('HealthStatus', HealthStatus),
    uptime_seconds: z.number().min(0).describe('Seconds since it started.'),
    accepting_signals: z.boolean().describe('Whether it takes events now.'),
    last_ingest_error_at: answeredTime()
      .nullable()
      .describe('When events were last refused or lost; `null` where that never happened.'),
  })
  .meta({
    id: 'MCPHealthResponse',
    description: 'Whether a server is well and takes events.',
    examples: [{ status: 'ok', uptime_seconds: 3600.2, accepting_signals: true, last_ingest_error_at: null }],
  })
export type MCPHealthResponse = z.output<typeof MCPHealthResponse>
